using System.Text;
using MicroVm.Api.Containers;
using MicroVm.Cli.Archives;
using MicroVm.Cli.Http;
using MicroVm.Cli.Interop;

namespace MicroVm.Cli.Copies;

/// <summary>CONTAINER:PATH to a local path, or to stdout as a tar.</summary>
internal static class CopyFrom
{
    /// <returns>Bytes of archive that came.</returns>
    internal static long Run(EngineClient client, string container, string path, string destination, bool follow, Action<string> warn)
    {
        (string source, string name) = follow ? Followed(client, container, path) : (path, "");
        string? local = destination == "-" ? null : LocalPath.Absolute(destination);
        CopySide? target = local is null ? null : LocalPath.Destination(local);
        EngineResponse response = client.Stream("GET", ContainerArchive.PathOf(container, source));
        if (target is null)
        {
            return CopyToOutput(response);
        }

        bool isDirectory = (ContainerArchive.StatOf(response).Mode & GoFileMode.Directory) != 0;
        return Unpack(response, new(source, Exists: true, isDirectory, name), target, warn);
    }

    private static (string Path, string Name) Followed(EngineClient client, string container, string path) =>
        ContainerArchive.Stat(client, container, path) is { } stat && (stat.Mode & GoFileMode.Symlink) != 0
            ? LocalPath.Followed(path, stat.LinkTarget)
            : (path, "");

    private static long CopyToOutput(EngineResponse response)
    {
        byte[] buffer = new byte[256 << 10];
        long total = 0;
        for (int count; (count = response.Read(buffer)) > 0; total += count)
        {
            FileDescriptor.StandardOutput.Write(buffer.AsSpan(0, count));
        }

        return total;
    }

    private static long Unpack(EngineResponse response, CopySide source, CopySide destination, Action<string> warn)
    {
        CopyPlan plan = CopyPlan.Of(source, destination);
        string sent = GoPath.Split(source.Path).Entry;
        string name = plan.Rename ?? source.Name;
        using FileDescriptor directory = Files.Open(
            Files.WorkingDirectory, Encoding.UTF8.GetBytes(plan.Directory), Constants.O_RDONLY | Constants.O_DIRECTORY);
        var archive = new ArchiveReader(buffer => response.Read(buffer.Span));
        var extractor = new ArchiveExtractor(directory, plan.Directory, name is "." or "/" ? "" : name, warn);
        while (archive.Next() is { } entry)
        {
            Rename(entry, sent == "/" ? "" : sent, name);
            RequireKind(entry, source, name);
            extractor.Extract(entry, archive);
        }

        extractor.Finish();
        archive.Drain();
        return archive.Length;
    }

    private static void Rename(ArchiveEntry entry, string from, string to)
    {
        if (from == to || to == "/")
        {
            return;
        }

        byte[] old = Encoding.UTF8.GetBytes(from);
        byte[] replacement = Encoding.UTF8.GetBytes(to);
        entry.Name = EntryName.Replace(entry.Name, old, replacement);
        entry.Target = entry.Kind == ArchiveKind.HardLink ? EntryName.Replace(entry.Target, old, replacement) : entry.Target;
    }

    /// <summary>The plan was made for a file: a directory in its place would be another plan.</summary>
    private static void RequireKind(ArchiveEntry entry, CopySide source, string name)
    {
        bool isTop = EntryName.Split(entry.Name) is [var only] && only.AsSpan().SequenceEqual(Encoding.UTF8.GetBytes(name));
        if (isTop && source.IsDirectory != (entry.Kind == ArchiveKind.Directory))
        {
            throw new CliException("the container sent something else than it said");
        }
    }
}
