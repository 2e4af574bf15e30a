using System.Text;
using MicroVm.Cli.Interop;

namespace MicroVm.Cli.Archives;

/// <summary>
/// Unpacks an archive that a container has made into a local directory, as the user who runs this. Whatever the archive
/// says, nothing outside of the directory changes: a name is walked component by component, no symlink is followed, and only
/// what was asked for is accepted. Devices are left out: a container decides over none of the host's.
/// </summary>
/// <param name="top">Name below the directory that everything must have or be in; empty: any.</param>
internal sealed class ArchiveExtractor(FileDescriptor directory, string directoryName, string top, Action<string> warn)
{
    private const int Walk = Constants.O_RDONLY | Constants.O_DIRECTORY | Constants.O_NOFOLLOW;
    private readonly byte[] _buffer = new byte[256 << 10];
    private readonly byte[] _top = Encoding.UTF8.GetBytes(top);
    private readonly List<(List<byte[]> Path, ArchiveEntry Entry)> _directories = [];

    /// <summary>The entry's content is read from the archive.</summary>
    internal void Extract(ArchiveEntry entry, ArchiveReader archive)
    {
        List<byte[]> path = EntryName.Split(entry.Name) ?? throw Outside(entry.Name);
        if (path.Count == 0)
        {
            return;
        }

        if (_top.Length > 0 && !path[0].AsSpan().SequenceEqual(_top))
        {
            throw new CliException($"the container sent \"{Shown(entry.Name)}\", which was not asked for");
        }

        using FileDescriptor parent = OpenParent(path, create: true);
        byte[] name = path[^1];
        if (entry.Kind is ArchiveKind.BlockDevice or ArchiveKind.CharacterDevice)
        {
            warn($"device \"{Shown(entry.Name)}\" is left out");
            return;
        }

        if (MakeRoom(parent, name, entry))
        {
            Make(parent, name, entry, archive);
        }

        if (entry.Kind == ArchiveKind.Directory)
        {
            _directories.Add((path, entry));
        }
        else if (entry.Kind != ArchiveKind.HardLink)
        {
            Files.SetModified(parent, name, entry.ModifiedSeconds, entry.ModifiedNanoseconds);
        }
    }

    /// <summary>Modes and times of directories, now that nothing more comes into them; what is inside first.</summary>
    internal void Finish()
    {
        for (int i = _directories.Count - 1; i >= 0; i--)
        {
            (List<byte[]> path, ArchiveEntry entry) = _directories[i];
            using FileDescriptor parent = OpenParent(path, create: false);
            using FileDescriptor made = Files.Open(parent, path[^1], Walk);
            Files.SetMode(made, entry.Mode, path[^1]);
            Files.SetModified(parent, path[^1], entry.ModifiedSeconds, entry.ModifiedNanoseconds);
        }
    }

    private void Make(FileDescriptor parent, byte[] name, ArchiveEntry entry, ArchiveReader archive)
    {
        switch (entry.Kind)
        {
            case ArchiveKind.Directory:
                Files.MakeDirectory(parent, name, 0x1C0);
                break;
            case ArchiveKind.Symlink:
                Files.MakeSymlink(entry.Target, parent, name);
                break;
            case ArchiveKind.HardLink:
                MakeLink(parent, name, entry);
                break;
            case ArchiveKind.Fifo:
                Files.MakeFifo(parent, name);
                using (FileDescriptor pipe = Files.Open(parent, name, Constants.O_RDONLY | Constants.O_NONBLOCK | Constants.O_NOFOLLOW))
                {
                    Files.SetMode(pipe, entry.Mode, name);
                }

                break;
            default:
                MakeFile(parent, name, entry, archive);
                break;
        }
    }

    private void MakeFile(FileDescriptor parent, byte[] name, ArchiveEntry entry, ArchiveReader archive)
    {
        const int New = Constants.O_WRONLY | Constants.O_CREAT | Constants.O_EXCL | Constants.O_NOFOLLOW;
        using FileDescriptor file = Files.Open(parent, name, New, 0x180);
        for (int count; (count = archive.Read(_buffer)) > 0;)
        {
            file.Write(_buffer.AsSpan(0, count));
        }

        foreach ((byte[] attribute, byte[] value) in entry.Attributes)
        {
            if (attribute.AsSpan().StartsWith("user."u8) || attribute.AsSpan().SequenceEqual("security.capability"u8))
            {
                Files.TrySetAttribute(file, attribute, value);
            }
        }

        Files.SetMode(file, entry.Mode, name);
    }

    private void MakeLink(FileDescriptor parent, byte[] name, ArchiveEntry entry)
    {
        List<byte[]>? path = EntryName.Split(entry.Target);
        if (path is null or { Count: 0 } || (_top.Length > 0 && !path[0].AsSpan().SequenceEqual(_top)))
        {
            throw new CliException($"invalid hardlink \"{Shown(entry.Name)}\" -> \"{Shown(entry.Target)}\"");
        }

        using FileDescriptor from = OpenParent(path, create: false);
        Files.MakeLink(from, path[^1], parent, name);
    }

    /// <summary>False: the directory is there already.</summary>
    private bool MakeRoom(FileDescriptor parent, byte[] name, ArchiveEntry entry)
    {
        if (Files.Status(parent, name) is not { } existing)
        {
            return true;
        }

        bool wanted = entry.Kind == ArchiveKind.Directory;
        if (existing.IsDirectory != wanted)
        {
            string path = Path.Join(directoryName, Shown(entry.Name));
            throw new CliException(wanted
                ? $"cannot overwrite non-directory \"{path}\" with directory \"{directoryName}\""
                : $"cannot overwrite directory \"{path}\" with non-directory \"{directoryName}\"");
        }

        if (!wanted)
        {
            Files.Remove(parent, name);
        }

        return !wanted;
    }

    private FileDescriptor OpenParent(List<byte[]> path, bool create)
    {
        FileDescriptor current = Files.Open(directory, "."u8, Constants.O_RDONLY | Constants.O_DIRECTORY);
        for (int i = 0; i < path.Count - 1; i++)
        {
            using FileDescriptor outer = current;
            current = Enter(outer, path[i], create);
        }

        return current;
    }

    private static FileDescriptor Enter(FileDescriptor parent, byte[] name, bool create)
    {
        if (create && Files.Status(parent, name) is null)
        {
            Files.MakeDirectory(parent, name, 0x1ED);
        }

        try
        {
            return Files.Open(parent, name, Walk);
        }
        catch (SystemCallException failure) when (failure.Error is Constants.ELOOP or Constants.ENOTDIR)
        {
            throw new CliException($"\"{Shown(name)}\" is a symbolic link or a file where the archive wants a directory", cause: failure);
        }
    }

    private CliException Outside(byte[] name) => new($"\"{Shown(name)}\" is outside of \"{directoryName}\"");

    private static string Shown(ReadOnlySpan<byte> name) => Output.SafeText.OneLine(Files.Display(name));
}
