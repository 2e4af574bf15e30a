using MicroVm.Api.Containers;
using MicroVm.Cli.Archives;
using MicroVm.Cli.Http;
using MicroVm.Cli.Interop;

namespace MicroVm.Cli.Copies;

/// <summary>A local path, or a tar on stdin, to CONTAINER:PATH.</summary>
internal sealed class CopyTo(EngineClient client, string container, bool archive, bool follow)
{
    /// <summary>Bytes of archive that went.</summary>
    internal long Length { get; private set; }

    /// <returns>Where it went.</returns>
    internal string Run(string source, string path)
    {
        CopySide destination = Destination(path);
        if (source == "-")
        {
            if (!destination.IsDirectory)
            {
                throw new CliException($"destination \"{container}:{path}\" must be a directory");
            }

            Send(destination.Path, CopyInput);
            return destination.Path;
        }

        CopySide local = LocalPath.Source(LocalPath.Absolute(source), follow);
        CopyPlan plan = CopyPlan.Of(local, destination);
        Send(plan.Directory, write => Pack(local, plan.Rename ?? local.Name, write));
        return destination.Path;
    }

    private CopySide Destination(string path)
    {
        ContainerPathStat? stat = ContainerArchive.Stat(client, container, path);
        if (stat is not null && (stat.Mode & GoFileMode.Symlink) != 0)
        {
            path = stat.LinkTarget.StartsWith('/') ? stat.LinkTarget : GoPath.Join(GoPath.Split(path).Directory, stat.LinkTarget);
            stat = ContainerArchive.Stat(client, container, path);
        }

        if (stat is not null && (stat.Mode & GoFileMode.Device) != 0)
        {
            throw new CliException($"destination \"{container}:{path}\" must be a directory or a regular file: got a device");
        }

        return new(path, stat is not null, stat is not null && (stat.Mode & GoFileMode.Directory) != 0);
    }

    private static void Pack(CopySide source, string name, Action<ReadOnlyMemory<byte>> write)
    {
        var writer = new ArchiveWriter(write);
        new TreeArchiver(writer).Add(source.Path, name == "/" ? "" : name);
        writer.Finish();
    }

    private static void CopyInput(Action<ReadOnlyMemory<byte>> write)
    {
        byte[] buffer = new byte[256 << 10];
        for (int count; (count = FileDescriptor.StandardInput.Read(buffer)) > 0;)
        {
            write(buffer.AsMemory(0, count));
        }
    }

    /// <summary>Sends on a thread of its own, because the daemon may refuse before all was sent.</summary>
    private void Send(string directory, Action<Action<ReadOnlyMemory<byte>>> produce)
    {
        // The sender may be at work when the daemon has answered: closed by the process's end.
        EngineConnection connection = client.Connect();
        var upload = new ChunkedUpload(connection);
        string query = "&noOverwriteDirNonDir=true" + (archive ? "&copyUIDGID=true" : "");
        upload.Start("PUT", ContainerArchive.PathOf(container, directory, query), "Content-Type: application/x-tar\r\n", produce);
        EngineResponse? answer = upload.Receive();
        Length = upload.Length;
        if (upload.Failure is { } failure)
        {
            throw failure;
        }

        if (answer is { IsSuccess: false })
        {
            throw EngineClient.Refusal(answer);
        }
    }
}
