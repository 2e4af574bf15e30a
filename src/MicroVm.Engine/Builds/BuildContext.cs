using System.Text;
using MicroVm.Builds;
using MicroVm.Images;
using MicroVm.Images.Compression;
using MicroVm.Images.Layers;
using MicroVm.Images.Trees;

namespace MicroVm.Engine.Builds;

/// <summary>
/// The files that a client sends with a build, and archives that ADD unpacks: kept as layers are, contents in one file beside an index, in
/// a store of the build's own. So a hostile archive meets the same limits as a hostile layer, and none of its names is ever one on
/// the host.
/// </summary>
internal sealed class BuildContext : IDisposable
{
    private const string IgnoreName = ".dockerignore";
    private const long MaxArchive = 256L << 30;

    private readonly string _directory;
    private readonly LayerStore _store;
    private readonly List<ImageContents> _opened = [];

    public BuildContext(string directory)
    {
        _directory = directory;
        _store = LayerStore.Open(directory, hasWhiteouts: false);
        Files = Track(_store.OpenContents([], CancellationToken.None));
    }

    /// <summary>The context itself; empty until it was read.</summary>
    public ImageContents Files { get; private set; }

    /// <summary>Bytes of the disk that it and the layers are on.</summary>
    public long FreeSpace => new DriveInfo(_directory).AvailableFreeSpace;

    public async Task ReadAsync(Stream archive, CancellationToken cancellationToken) =>
        Files = await UnpackAsync(archive, "the build context", cancellationToken).ConfigureAwait(false);

    /// <param name="what">For messages.</param>
    /// <exception cref="EngineException">Invalid: it is no archive, or one that leads out of itself.</exception>
    public async Task<ImageContents> UnpackAsync(Stream archive, string what, CancellationToken cancellationToken)
    {
        try
        {
            await using Stream tar = await UploadedArchive.OpenAsync(archive, MaxArchive, cancellationToken).ConfigureAwait(false);
            LayerInfo layer = await _store.AddAsync(tar, expected: null, cancellationToken).ConfigureAwait(false);
            return Track(_store.OpenContents([layer.DiffId], cancellationToken));
        }
        catch (ImageException e) when (e.Kind == ImageErrorKind.Invalid)
        {
            string reason = e.Message.Replace("invalid layer: ", "", StringComparison.Ordinal);
            throw new EngineException(EngineErrorKind.Invalid, $"Error processing tar file: {what}: {OneLine.Of(reason, 300)}", e);
        }
    }

    /// <summary>Files that the Dockerfile or a server has, not the context.</summary>
    public string NewFile() => Path.Combine(_directory, Guid.NewGuid().ToString("N"));

    /// <exception cref="EngineException">Invalid: there is none, or it is too large.</exception>
    public async Task<byte[]> ReadDockerfileAsync(string path, CancellationToken cancellationToken)
    {
        string inside = BuildPaths.Inside(path)
            ?? throw Invalid($"Forbidden path outside the build context: {OneLine.Of(path, 200)}");
        ImageNode? node = Find(inside) ?? (inside == "Dockerfile" ? Find("dockerfile") : null);
        if (node is null)
        {
            throw Invalid($"Cannot locate specified Dockerfile: {OneLine.Of(inside, 200)}");
        }

        if (node.Size is 0 or > DockerfileLimits.MaxSize)
        {
            throw Invalid(node.Size == 0
                ? $"The Dockerfile ({OneLine.Of(inside, 200)}) cannot be empty"
                : $"the Dockerfile ({OneLine.Of(inside, 200)}) is larger than {DockerfileLimits.MaxSize >> 20} MiB");
        }

        byte[] content = new byte[node.Size];
        await using Stream stream = Files.Open(node);
        await stream.ReadExactlyAsync(content, cancellationToken).ConfigureAwait(false);
        await HideOwnFilesAsync(inside, cancellationToken).ConfigureAwait(false);
        return content;
    }

    /// <summary>Clients send .dockerignore and the Dockerfile always: where it names them, no COPY is to see them.</summary>
    private async Task HideOwnFilesAsync(string dockerfile, CancellationToken cancellationToken)
    {
        if (Find(IgnoreName) is not { Size: <= DockerfileLimits.MaxSize } node)
        {
            return;
        }

        byte[] content = new byte[node.Size];
        await using Stream stream = Files.Open(node);
        await stream.ReadExactlyAsync(content, cancellationToken).ConfigureAwait(false);
        IgnoreFile ignored = IgnoreFile.Parse(content);
        foreach (string own in new[] { IgnoreName, dockerfile }.Where(ignored.Excludes))
        {
            Files.Remove(own);
        }
    }

    public void Dispose()
    {
        _opened.ForEach(contents => contents.Dispose());
        Directory.Delete(_directory, recursive: true);
    }

    private ImageNode? Find(string path) =>
        ScopedPath.Resolve(Files.Tree, Encoding.UTF8.GetBytes(path)).Node is { Kind: NodeKind.File } file ? file : null;

    private ImageContents Track(ImageContents contents)
    {
        _opened.Add(contents);
        return contents;
    }

    private static EngineException Invalid(string message) => new(EngineErrorKind.Invalid, message);
}
