using MicroVm.Engine;
using MicroVm.Engine.Files;
using MicroVm.Images.Store;

namespace MicroVm.Daemon.Tests.Endpoints;

/// <summary>Files of containers, each a path and its bytes; an archive is the bytes themselves.</summary>
internal sealed class MemoryFiles(MemoryContainers containers, ImageStore images) : IContainerFiles
{
    public Dictionary<string, byte[]> Contents { get; } = [];

    public List<FileChange> Changes { get; } = [];

    /// <summary>How the last archive was to be written.</summary>
    public WriteOptions? Written { get; private set; }

    public CommitOptions? Committed { get; private set; }

    /// <summary>Reading an archive fails at its end.</summary>
    public bool Breaks { get; set; }

    public Task<FileStat> StatAsync(string container, string path, CancellationToken cancellationToken) => Task.FromResult(Find(container, path));

    public Task<FileArchive> ReadAsync(string container, string path, CancellationToken cancellationToken) =>
        Task.FromResult(new FileArchive(Find(container, path), Open(Contents[path])));

    public async Task WriteAsync(string container, string path, Stream archive, WriteOptions options, CancellationToken cancellationToken)
    {
        _ = containers.Inspect(container);
        using var bytes = new MemoryStream();
        await archive.CopyToAsync(bytes, cancellationToken);
        (Contents[path], Written) = (bytes.ToArray(), options);
    }

    public Task<Stream> ExportAsync(string container, CancellationToken cancellationToken)
    {
        _ = containers.Inspect(container);
        return Task.FromResult(Open([.. Contents.Values.SelectMany(content => content)]));
    }

    public Task<IAsyncEnumerable<FileChange>> ChangesAsync(string container, CancellationToken cancellationToken)
    {
        _ = containers.Inspect(container);
        return Task.FromResult(Changes.ToAsyncEnumerable());
    }

    public Task<Stream> OpenLayerAsync(string container, CancellationToken cancellationToken)
    {
        _ = containers.Inspect(container);
        return Task.FromResult<Stream>(new MemoryStream(new byte[1024]));
    }

    public Task<StoredImage> CommitAsync(string container, CommitOptions options, CancellationToken cancellationToken)
    {
        Committed = options;
        return images.List() is [var first, ..] ? Task.FromResult(first) : throw new EngineException(EngineErrorKind.NotFound, "No such image: x");
    }

    private FileStat Find(string container, string path)
    {
        _ = containers.Inspect(container);
        return Contents.TryGetValue(path, out byte[]? content)
            ? new(Path.GetFileName(path), content.Length, 0x89ED, new(1_000_000_000, 120_000_000), "")
            : throw new EngineException(EngineErrorKind.NotFound, $"Could not find the file {path} in container {container}");
    }

    private Stream Open(byte[] content) => Breaks ? new BrokenStream(content) : new MemoryStream(content);

    private sealed class BrokenStream(byte[] content) : MemoryStream(content)
    {
        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            await base.ReadAsync(buffer, cancellationToken) is > 0 and var count ? count : throw new EngineException("the tool has failed");
    }
}
