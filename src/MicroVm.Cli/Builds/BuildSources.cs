using System.Text;
using MicroVm.Builds;
using MicroVm.Cli.Archives;
using MicroVm.Cli.Interop;
using MicroVm.Cli.Values;

namespace MicroVm.Cli.Builds;

/// <summary>What <c>PATH | URL | -</c> and <c>--file</c> mean together.</summary>
internal static class BuildSources
{
    private const string Default = "Dockerfile";
    private const string IgnoreName = ".dockerignore";
    private const int BufferSize = 256 << 10;
    private const int SniffSize = 512;

    /// <exception cref="CliException">There is no such directory or file.</exception>
    internal static BuildSource Of(string operand, string? dockerfile)
    {
        if (operand == "-")
        {
            return dockerfile == "-" ? throw new CliException("invalid argument: can't use stdin for both build context and dockerfile") : OfInput(dockerfile);
        }

        return IsRemote(operand) ? new(dockerfile ?? Default, operand, Write: null) : OfDirectory(operand, dockerfile);
    }

    private static bool IsRemote(string operand) =>
        operand.StartsWith("http://", StringComparison.Ordinal) || operand.StartsWith("https://", StringComparison.Ordinal)
        || operand.StartsWith("git://", StringComparison.Ordinal) || operand.StartsWith("git@", StringComparison.Ordinal);

    /// <summary>A tar is the context; anything else a Dockerfile without one.</summary>
    private static BuildSource OfInput(string? dockerfile)
    {
        if (FileDescriptor.StandardInput.IsTerminal)
        {
            throw new CliException("stdin is a terminal: pipe a Dockerfile or a tar archive into mvm build -");
        }

        byte[] head = new byte[SniffSize];
        int length = 0;
        for (int count; length < head.Length && (count = FileDescriptor.StandardInput.Read(head.AsSpan(length))) > 0;)
        {
            length += count;
        }

        return IsArchive(head.AsSpan(0, length))
            ? new(dockerfile ?? Default, "", write => CopyInput(head.AsMemory(0, length), write))
            : new(Default, "", write => Pack(write, archive => AddFile(archive, Default, ReadInput(head.AsSpan(0, length)))));
    }

    private static BuildSource OfDirectory(string operand, string? dockerfile)
    {
        string directory = Path.GetFullPath(operand);
        if (Files.Status(Files.WorkingDirectory, Encoding.UTF8.GetBytes(directory), follow: true) is not { } status)
        {
            throw new CliException($"unable to prepare context: path \"{operand}\" not found");
        }

        if (!status.IsDirectory)
        {
            throw new CliException($"unable to prepare context: context must be a directory: {operand}");
        }

        byte[] ignored = ReadIfThere(Path.Combine(directory, IgnoreName));
        IgnoreFile patterns = Parse(ignored);
        string? inside = dockerfile == "-" ? null : Inside(directory, dockerfile);
        if (inside is not null)
        {
            return new(inside, "", write => Pack(write, archive => AddTree(archive, directory, patterns, inside)));
        }

        byte[] content = dockerfile == "-" ? ReadInput([]) : SmallFile.Read(dockerfile!);
        return WithOwnDockerfile(directory, patterns, ignored, content);
    }

    /// <summary>A Dockerfile from elsewhere goes along under a name of its own, that .dockerignore hides from COPY.</summary>
    private static BuildSource WithOwnDockerfile(string directory, IgnoreFile patterns, byte[] ignored, byte[] content)
    {
        string name = $".dockerfile.{Guid.NewGuid():N}";
        byte[] hiding = [.. ignored, .. Encoding.UTF8.GetBytes($"\n{name}\n"), .. ignored.Length == 0 ? Encoding.UTF8.GetBytes($"{IgnoreName}\n") : []];
        return new(name, "", write => Pack(write, archive =>
        {
            AddTree(archive, directory, patterns, IgnoreName);
            AddFile(archive, IgnoreName, hiding);
            AddFile(archive, name, content);
        }));
    }

    /// <summary>The Dockerfile's path in the context; null: it lies elsewhere.</summary>
    private static string? Inside(string directory, string? dockerfile)
    {
        string path = dockerfile is null ? Path.Combine(directory, Default) : Path.GetFullPath(dockerfile);
        if (!File.Exists(path))
        {
            throw new CliException($"unable to prepare context: unable to evaluate symlinks in Dockerfile path: lstat {path}: no such file or directory");
        }

        string relative = Path.GetRelativePath(directory, path);
        return relative.StartsWith("../", StringComparison.Ordinal) || Path.IsPathRooted(relative) ? null : relative;
    }

    private static void AddTree(ArchiveWriter archive, string directory, IgnoreFile patterns, string dockerfile)
    {
        bool Excludes(string path) => path != IgnoreName && path != dockerfile && patterns.Excludes(path);
        var tree = new TreeArchiver(archive)
        {
            Filter = (path, isDirectory) => !Excludes(path) ? TreeChoice.Take
                : isDirectory && (patterns.HasExceptions || dockerfile.StartsWith(path + "/", StringComparison.Ordinal)) ? TreeChoice.LookInside : TreeChoice.Leave,
            OwnedByRoot = true,
        };
        tree.Add(directory + "/.", ".");
    }

    private static void Pack(Action<ReadOnlyMemory<byte>> write, Action<ArchiveWriter> fill)
    {
        var archive = new ArchiveWriter(write);
        fill(archive);
        archive.Finish();
    }

    private static void AddFile(ArchiveWriter archive, string name, byte[] content)
    {
        archive.Add(new()
        {
            Kind = ArchiveKind.File,
            Name = Encoding.UTF8.GetBytes(name),
            Mode = 0x1A4,
            Size = content.Length,
            ModifiedSeconds = DateTimeOffset.UtcNow.ToUnixTimeSeconds(),
        });
        archive.Write(content);
        archive.Pad(content.Length);
    }

    private static void CopyInput(ReadOnlyMemory<byte> head, Action<ReadOnlyMemory<byte>> write)
    {
        write(head);
        byte[] buffer = new byte[BufferSize];
        for (int count; (count = FileDescriptor.StandardInput.Read(buffer)) > 0;)
        {
            write(buffer.AsMemory(0, count));
        }
    }

    private static byte[] ReadInput(ReadOnlySpan<byte> head)
    {
        var content = new MemoryStream();
        content.Write(head);
        byte[] buffer = new byte[BufferSize];
        for (int count; (count = FileDescriptor.StandardInput.Read(buffer)) > 0;)
        {
            content.Write(buffer, 0, count);
            if (content.Length > DockerfileLimits.MaxSize)
            {
                throw new CliException($"the Dockerfile on stdin is larger than {DockerfileLimits.MaxSize >> 20} MiB");
            }
        }

        return content.ToArray();
    }

    private static byte[] ReadIfThere(string path) => File.Exists(path) ? SmallFile.Read(path) : [];

    private static IgnoreFile Parse(byte[] content)
    {
        try
        {
            return IgnoreFile.Parse(content);
        }
        catch (DockerfileException wrong)
        {
            throw new CliException(wrong.Message);
        }
    }

    /// <summary>gzip, bzip2, xz, zstd, or a tar's own mark.</summary>
    private static bool IsArchive(ReadOnlySpan<byte> head) =>
        head is [0x1F, 0x8B, ..] or [(byte)'B', (byte)'Z', (byte)'h', ..] or [0xFD, (byte)'7', (byte)'z', (byte)'X', (byte)'Z', ..] or [0x28, 0xB5, 0x2F, 0xFD, ..]
        || (head.Length >= 262 && head[257..262].SequenceEqual("ustar"u8));
}
