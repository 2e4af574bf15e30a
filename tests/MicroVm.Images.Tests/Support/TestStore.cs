using System.Collections.Concurrent;
using Microsoft.Extensions.Logging.Abstractions;
using MicroVm.Images.Layers;
using MicroVm.Images.References;
using MicroVm.Images.Registry;
using MicroVm.Images.Store;

namespace MicroVm.Images.Tests.Support;

/// <summary>An image store in a directory of its own, and what it reported.</summary>
internal sealed class TestStore : IDisposable, IProgress<TransferProgress>
{
    private readonly TemporaryDirectory _directory = new();
    private readonly string _base;

    /// <param name="directory">Where another process has its store; null: one of the test's own.</param>
    public TestStore(RegistryOptions? options = null, string? directory = null)
    {
        _base = directory ?? _directory.Path;
        Options = options ?? Quick;
        (Layers, Images) = Open();
    }

    /// <summary>Short waits; otherwise as shipped.</summary>
    public static RegistryOptions Quick { get; } = new()
    {
        RetryDelay = TimeSpan.FromMilliseconds(1),
        StallTimeout = TimeSpan.FromSeconds(20),
    };

    public RegistryOptions Options { get; }

    public ILayerStore Layers { get; private set; }

    public ImageStore Images { get; private set; }

    public ConcurrentQueue<TransferProgress> Progress { get; } = new();

    public IEnumerable<string> Statuses => Progress.Select(line => line.Status);

    public IReadOnlyList<string> Partials => Directory.GetFiles(Path.Combine(Root, "partial"));

    public string Root => Path.Combine(_base, "images");

    public void Report(TransferProgress value) => Progress.Enqueue(value);

    public Task<StoredImage> PullAsync(string reference, PullOptions? options = null, CancellationToken cancellationToken = default) =>
        Images.PullAsync(ImageReference.Parse(reference), options ?? new(), this, cancellationToken);

    /// <summary>As after a restart of the daemon.</summary>
    public void Reopen()
    {
        Images.Dispose();
        (Layers, Images) = Open();
    }

    public void Dispose()
    {
        Images.Dispose();
        _directory.Dispose();
    }

    private (ILayerStore Layers, ImageStore Images) Open()
    {
        var layers = LayerStore.Open(Path.Combine(_base, "layers"));
        return (layers, ImageStore.Open(Root, layers, Options, NullLogger.Instance));
    }
}
