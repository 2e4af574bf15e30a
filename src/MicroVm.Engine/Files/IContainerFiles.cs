using MicroVm.Images.Store;

namespace MicroVm.Engine.Files;

/// <summary>
/// A container's file system from outside, running or not. Everything streams. A path is absolute, or taken from the root. Every
/// method throws <see cref="EngineException"/>: NotFound for a container or path that is not there, Conflict for a
/// container that is being removed, Invalid for what can't be done as asked.
/// </summary>
public interface IContainerFiles
{
    Task<FileStat> StatAsync(string container, string path, CancellationToken cancellationToken);

    /// <summary>A tar archive of what stands at the path, named as the path's last component.</summary>
    Task<FileArchive> ReadAsync(string container, string path, CancellationToken cancellationToken);

    /// <summary>Unpacks a tar archive, compressed or not, into the directory at the path.</summary>
    Task WriteAsync(string container, string path, Stream archive, WriteOptions options, CancellationToken cancellationToken);

    /// <summary>A tar archive of everything, without what is mounted. Reading fails when it could not be completed.</summary>
    Task<Stream> ExportAsync(string container, CancellationToken cancellationToken);

    /// <summary>What differs from the image, parents first.</summary>
    Task<IAsyncEnumerable<FileChange>> ChangesAsync(string container, CancellationToken cancellationToken);

    /// <summary>A tar archive of what differs from the image, as a layer: with whiteouts. Reading fails when it could not be completed.</summary>
    Task<Stream> OpenLayerAsync(string container, CancellationToken cancellationToken);

    /// <summary>Makes an image of the container's image and what has changed since.</summary>
    Task<StoredImage> CommitAsync(string container, CommitOptions options, CancellationToken cancellationToken);
}

/// <param name="Name">Last component of the path.</param>
/// <param name="Size">Bytes.</param>
/// <param name="Mode">st_mode: kind and permissions.</param>
/// <param name="Modified">Last change.</param>
/// <param name="LinkTarget">Where a symbolic link leads, resolved and absolute; else empty.</param>
public sealed record FileStat(string Name, long Size, uint Mode, FileTime Modified, string LinkTarget);

/// <param name="Seconds">Since 1970, possibly negative.</param>
/// <param name="Nanoseconds">0–999,999,999, added.</param>
public readonly record struct FileTime(long Seconds, int Nanoseconds);

/// <param name="Content">Dispose it. Reading fails when the archive could not be completed.</param>
public sealed record FileArchive(FileStat Stat, Stream Content);

/// <param name="KeepKinds">A directory is replaced by nothing else, and nothing else by a directory.</param>
/// <param name="ToUser">All is to belong to the container's user.</param>
public sealed record WriteOptions(bool KeepKinds, bool ToUser);

/// <summary>Docker's numbers.</summary>
public enum FileChangeKind
{
    Modified = 0,
    Added = 1,
    Deleted = 2,
}

public sealed record FileChange(FileChangeKind Kind, string Path);
