using System.Text;
using MicroVm.Cli.Interop;

namespace MicroVm.Cli.Archives;

/// <summary>Puts local files into an archive. Symlinks are not followed; sockets are left out.</summary>
internal sealed class TreeArchiver(ArchiveWriter archive)
{
    private const int BufferSize = 256 << 10;
    private const int MaximumDepth = 1000;
    private static readonly byte[] s_capability = "security.capability"u8.ToArray();
    private readonly Dictionary<(uint, uint, ulong), byte[]> _links = [];
    private readonly byte[] _buffer = new byte[BufferSize];

    /// <summary>By the path below what is added, and whether it is a directory; null: everything is taken.</summary>
    internal Func<string, bool, TreeChoice>? Filter { get; init; }

    /// <summary>Whoever owns the files.</summary>
    internal bool OwnedByRoot { get; init; }

    /// <summary>All of <paramref name="path"/> under another name.</summary>
    /// <param name="name">What it is called in the archive; "" for names that begin with a slash.</param>
    /// <exception cref="SystemCallException">Something can't be read.</exception>
    internal void Add(string path, string name)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(path);
        FileStatus status = Files.Status(Files.WorkingDirectory, bytes) ?? throw new SystemCallException($"lstat {path}", Constants.ENOENT);
        Add(Files.WorkingDirectory, bytes, Encoding.UTF8.GetBytes(name), status, depth: 0);
    }

    private void Add(FileDescriptor directory, byte[] file, byte[] name, FileStatus status, int depth)
    {
        if (KindOf(status) is not { } kind)
        {
            return;
        }

        TreeChoice choice = depth == 0 || Filter is null ? TreeChoice.Take : Filter(Below(name), kind == ArchiveKind.Directory);
        if (choice == TreeChoice.Leave)
        {
            return;
        }

        if (kind == ArchiveKind.File)
        {
            AddFile(directory, file, name, status);
            return;
        }

        byte[] full = kind == ArchiveKind.Directory ? [.. name, (byte)'/'] : name;
        ArchiveEntry entry = EntryOf(kind, full, status);
        entry.Target = kind == ArchiveKind.Symlink ? Files.ReadLink(directory, file) : [];
        if (choice == TreeChoice.Take)
        {
            archive.Add(entry);
        }

        if (kind == ArchiveKind.Directory)
        {
            AddContent(directory, file, full, depth);
        }
    }

    /// <summary>Without the first component, which is what was added itself.</summary>
    private static string Below(byte[] name) => Encoding.UTF8.GetString(name.AsSpan(name.AsSpan().IndexOf((byte)'/') + 1));

    private void AddContent(FileDescriptor parent, byte[] file, byte[] prefix, int depth)
    {
        if (depth == MaximumDepth)
        {
            throw new CliException($"{Files.Display(prefix)}: more than {MaximumDepth} directories in each other");
        }

        using FileDescriptor directory = Files.Open(parent, file, Constants.O_RDONLY | Constants.O_DIRECTORY | (depth == 0 ? 0 : Constants.O_NOFOLLOW));
        foreach (byte[] child in Files.Names(directory))
        {
            if (Files.Status(directory, child) is { } status)
            {
                Add(directory, child, [.. prefix, .. child], status, depth + 1);
            }
        }
    }

    private void AddFile(FileDescriptor directory, byte[] file, byte[] name, FileStatus listed)
    {
        if (listed.Links > 1 && !_links.TryAdd((listed.DeviceMajor, listed.DeviceMinor, listed.Inode), name))
        {
            ArchiveEntry link = EntryOf(ArchiveKind.HardLink, name, listed);
            link.Target = _links[(listed.DeviceMajor, listed.DeviceMinor, listed.Inode)];
            archive.Add(link);
            return;
        }

        using FileDescriptor content = Files.Open(directory, file, Constants.O_RDONLY | Constants.O_NOFOLLOW | Constants.O_NONBLOCK);
        FileStatus status = Files.Status(content);
        ArchiveEntry entry = EntryOf(ArchiveKind.File, name, status, (long)status.Size);
        if (Files.Attribute(content, s_capability) is { } capability)
        {
            entry.Attributes.Add((s_capability, capability));
        }

        archive.Add(entry);
        Copy(content, entry.Size);
    }

    /// <summary>As many bytes as the header says: a file that has become shorter is filled up.</summary>
    private void Copy(FileDescriptor content, long size)
    {
        long left = size;
        for (int count; left > 0 && (count = content.Read(_buffer.AsSpan(0, (int)Math.Min(left, BufferSize)))) > 0; left -= count)
        {
            archive.Write(_buffer.AsSpan(0, count));
        }

        Array.Clear(_buffer, 0, (int)Math.Min(left, BufferSize));
        for (; left > 0; left -= Math.Min(left, BufferSize))
        {
            archive.Write(_buffer.AsSpan(0, (int)Math.Min(left, BufferSize)));
        }

        archive.Pad(size);
    }

    private ArchiveEntry EntryOf(ArchiveKind kind, byte[] name, in FileStatus status, long size = 0) => new()
    {
        Kind = kind,
        Name = name,
        Mode = status.Mode & 0xFFFu,
        UserId = OwnedByRoot ? 0 : status.UserId,
        GroupId = OwnedByRoot ? 0 : status.GroupId,
        Size = size,
        ModifiedSeconds = status.ModifiedSeconds,
        ModifiedNanoseconds = (int)status.ModifiedNanoseconds,
        DeviceMajor = status.RawDeviceMajor,
        DeviceMinor = status.RawDeviceMinor,
    };

    private static ArchiveKind? KindOf(in FileStatus status) => (status.Mode & FileStatus.KindMask) switch
    {
        0x8000 => ArchiveKind.File,
        0x4000 => ArchiveKind.Directory,
        0xA000 => ArchiveKind.Symlink,
        0x2000 => ArchiveKind.CharacterDevice,
        0x6000 => ArchiveKind.BlockDevice,
        0x1000 => ArchiveKind.Fifo,
        _ => null,
    };
}
