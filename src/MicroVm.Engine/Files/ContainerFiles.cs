using MicroVm.Engine.Containers;
using MicroVm.Engine.Guest;
using MicroVm.Hypervisor;
using MicroVm.Images.Compression;
using MicroVm.Images.Store;
using MicroVm.Protocol;
using MicroVm.Protocol.Connection;
using MicroVm.Protocol.Messages;

namespace MicroVm.Engine.Files;

/// <summary>Runs the agent's tools where the container's file system is: in its VM, or in one that is started for it.</summary>
internal sealed class ContainerFiles(IFileAccess access, IImageStore images) : IContainerFiles
{
    // Against decompression bombs only: what a container can hold bounds what arrives.
    private const long MaxArchive = 1L << 42;

    private static readonly StartTool s_nothing = new(0, ToolKind.Stat, "/", "", "", false, false, false, 0, 0, 0);

    public Task<FileStat> StatAsync(string container, string path, CancellationToken cancellationToken) =>
        Guarded(async () =>
        {
            StartTool request = s_nothing with { Path = GuestPath.Absolute(path) };
            await using FileLease lease = await access.AcquireAsync(container, cancellationToken).ConfigureAwait(false);
            await using GuestTool tool = await lease.Tools.StartAsync(request, hasInput: false, cancellationToken).ConfigureAwait(false);
            FileStat? stat = await StatReader.ReadAsync(tool, GuestPath.BaseName(path), cancellationToken).ConfigureAwait(false);
            await tool.CheckAsync(() => NoSuchFile(container, path), cancellationToken).ConfigureAwait(false);
            return stat ?? throw new HypervisorException("the guest agent said nothing of the file");
        });

    public Task<FileArchive> ReadAsync(string container, string path, CancellationToken cancellationToken) =>
        Guarded(async () =>
        {
            StartTool request = s_nothing with
            {
                Tool = ToolKind.Archive,
                Path = GuestPath.Absolute(path),
                Name = GuestPath.ArchiveName(path),
            };
            (FileLease lease, GuestTool tool) = await StartAsync(container, request, cancellationToken).ConfigureAwait(false);
            ToolOutputStream content = new(tool, lease);
            try
            {
                FileStat? stat = await StatReader.ReadAsync(tool, GuestPath.BaseName(path), cancellationToken).ConfigureAwait(false);
                if (stat is null)
                {
                    await tool.CheckAsync(() => NoSuchFile(container, path), cancellationToken).ConfigureAwait(false);
                }

                return new FileArchive(stat ?? throw new HypervisorException("the guest agent said nothing of the file"), content);
            }
            catch
            {
                await content.DisposeAsync().ConfigureAwait(false);
                throw;
            }
        });

    public Task WriteAsync(string container, string path, Stream archive, WriteOptions options, CancellationToken cancellationToken) =>
        Guarded(async () =>
        {
            ContainerSnapshot target = access.Find(container);
            if (target.Spec.ReadOnlyRoot)
            {
                throw new EngineException(EngineErrorKind.Invalid, "container rootfs is marked read-only");
            }

            await using FileLease lease = await access.AcquireAsync(container, cancellationToken).ConfigureAwait(false);
            StartTool request = s_nothing with
            {
                Tool = ToolKind.Extract,
                Path = GuestPath.Absolute(path),
                User = options.ToUser ? target.Effective.User : "",
                KeepKinds = options.KeepKinds,
                Sync = !lease.IsLive,
            };
            await using GuestTool tool = await lease.Tools.StartAsync(request, hasInput: true, cancellationToken).ConfigureAwait(false);
            await using Stream content = await UploadedArchive.OpenAsync(archive, MaxArchive, cancellationToken).ConfigureAwait(false);
            await tool.FeedAsync(content, cancellationToken).ConfigureAwait(false);
            await tool.CheckAsync(() => NoSuchFile(container, path), cancellationToken).ConfigureAwait(false);
            return true;
        });

    public Task<Stream> ExportAsync(string container, CancellationToken cancellationToken) =>
        Guarded(() => OpenAsync(container, s_nothing with { Tool = ToolKind.Export }, cancellationToken));

    public Task<Stream> OpenLayerAsync(string container, CancellationToken cancellationToken) =>
        Guarded(() => OpenAsync(container, s_nothing with { Tool = ToolKind.Layer }, cancellationToken));

    public Task<IAsyncEnumerable<FileChange>> ChangesAsync(string container, CancellationToken cancellationToken) =>
        Guarded(async () =>
        {
            Stream content = await OpenAsync(container, s_nothing with { Tool = ToolKind.Changes }, cancellationToken).ConfigureAwait(false);
            return ChangeReader.ReadAsync(content, cancellationToken);
        });

    public Task<StoredImage> CommitAsync(string container, CommitOptions options, CancellationToken cancellationToken) =>
        Guarded(async () =>
        {
            ContainerSnapshot source = access.Find(container);
            ImageCommit commit = CommitConfig.Make(source, images.Find(source.ImageId.ToString()), options, DateTimeOffset.UtcNow);
            bool freeze = options.Pause && source.Status == ContainerStatus.Running;
            await using Stream layer = await OpenAsync(
                container, s_nothing with { Tool = ToolKind.Layer, Freeze = freeze }, cancellationToken).ConfigureAwait(false);
            return await images.CommitAsync(commit, layer, cancellationToken).ConfigureAwait(false);
        });

    private async Task<Stream> OpenAsync(string container, StartTool request, CancellationToken cancellationToken)
    {
        (FileLease lease, GuestTool tool) = await StartAsync(container, request, cancellationToken).ConfigureAwait(false);
        return new ToolOutputStream(tool, lease);
    }

    private async Task<(FileLease Lease, GuestTool Tool)> StartAsync(
        string container, StartTool request, CancellationToken cancellationToken)
    {
        FileLease lease = await access.AcquireAsync(container, cancellationToken).ConfigureAwait(false);
        try
        {
            return (lease, await lease.Tools.StartAsync(request, hasInput: false, cancellationToken).ConfigureAwait(false));
        }
        catch
        {
            await lease.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    private static EngineException NoSuchFile(string container, string path) => new(
        EngineErrorKind.NotFound, $"Could not find the file {OneLine.Of(path, 4096)} in container {OneLine.Of(container, 128)}");

    /// <summary>What the guest and its channel can fail with, in words for the client.</summary>
    private static async Task<T> Guarded<T>(Func<Task<T>> action)
    {
        try
        {
            return await action().ConfigureAwait(false);
        }
        catch (RequestFailedException e)
        {
            throw new EngineException(EngineErrorKind.Internal, OneLine.Of(e.Message, 1024), e);
        }
        catch (Exception e) when (e is ConnectionLostException or ProtocolException)
        {
            throw new EngineException(EngineErrorKind.Conflict, $"the container's virtual machine has ended meanwhile: {OneLine.Of(e.Message, 300)}", e);
        }
    }
}
