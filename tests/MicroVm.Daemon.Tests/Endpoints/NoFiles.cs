using MicroVm.Engine;
using MicroVm.Engine.Files;
using MicroVm.Images.Store;

namespace MicroVm.Daemon.Tests.Endpoints;

/// <summary>Containers without virtual machines have no file systems either.</summary>
internal sealed class NoFiles : IContainerFiles
{
    public Task<FileStat> StatAsync(string container, string path, CancellationToken cancellationToken) => throw None(container);

    public Task<FileArchive> ReadAsync(string container, string path, CancellationToken cancellationToken) => throw None(container);

    public Task WriteAsync(string container, string path, Stream archive, WriteOptions options, CancellationToken cancellationToken) =>
        throw None(container);

    public Task<Stream> ExportAsync(string container, CancellationToken cancellationToken) => throw None(container);

    public Task<IAsyncEnumerable<FileChange>> ChangesAsync(string container, CancellationToken cancellationToken) => throw None(container);

    public Task<StoredImage> CommitAsync(string container, CommitOptions options, CancellationToken cancellationToken) => throw None(container);

    private static EngineException None(string container) => new(EngineErrorKind.NotFound, $"No such container: {container}");
}
