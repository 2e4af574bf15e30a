using Microsoft.AspNetCore.Http;
using MicroVm.Images.Tests.Support;

namespace MicroVm.Images.Tests.Registry;

/// <summary>Lost connections, killed daemons and gone clients: what was downloaded is not downloaded again.</summary>
public class ResumeTests
{
    private const int LayerSize = 3 << 20;

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task LostConnectionGoesOnAtItsOffset(bool supportsRanges)
    {
        await using StubRegistry registry = await StubRegistry.StartAsync();
        var image = TestImage.Create(layers: 1, layerSize: LayerSize);
        registry.Add("app", "1", image);
        registry.SupportsRanges = supportsRanges;
        byte[] blob = image.Layers[0].Blob;
        int[] cuts = [1, 100_000, LayerSize / 2];
        int tries = 0;
        registry.Intercept = async context =>
        {
            if (!IsLayer(context, image) || tries >= cuts.Length)
            {
                return false;
            }

            int offset = supportsRanges ? StubRegistry.OffsetOf(context) : 0;
            await StubRegistry.BreakOffAsync(context, blob, offset, Math.Max(offset, cuts[tries++]));
            return true;
        };
        using var store = new TestStore();

        await store.PullAsync($"{registry.Host}/app:1");

        Assert.True(store.Layers.Contains(image.Layers[0].DiffId));
        Assert.Equal(cuts.Length + 1, registry.CountOf(image.Layers[0].BlobDigest.Hex));
        Assert.True(registry.CountOf("bytes=") >= 2);
    }

    [Fact]
    public async Task NextPullBeginsWhereTheLastBrokeOff()
    {
        await using StubRegistry registry = await StubRegistry.StartAsync();
        var image = TestImage.Create(layers: 2, layerSize: LayerSize);
        registry.Add("app", "1", image);
        byte[] blob = image.Layers[1].Blob;
        registry.Intercept = async context =>
        {
            if (!IsLayer(context, image, 1))
            {
                return false;
            }

            int offset = StubRegistry.OffsetOf(context);
            await StubRegistry.BreakOffAsync(context, blob, offset, Math.Max(offset, blob.Length / 2));
            return true;
        };
        using var store = new TestStore(TestStore.Quick with { MaxConcurrentDownloads = 1 });
        ImageException error = await Assert.ThrowsAsync<ImageException>(() => store.PullAsync($"{registry.Host}/app:1"));
        Assert.Equal(ImageErrorKind.Unavailable, error.Kind);
        Assert.Single(store.Partials);
        Assert.Empty(store.Images.List());

        store.Reopen();
        registry.Intercept = _ => Task.FromResult(false);
        registry.Requests.Clear();
        await store.PullAsync($"{registry.Host}/app:1");

        Assert.Equal(0, registry.CountOf(image.Layers[0].BlobDigest.Hex));
        string request = Assert.Single(registry.Requests, line => line.Contains(image.Layers[1].BlobDigest.Hex, StringComparison.Ordinal));
        Assert.Contains("bytes=", request, StringComparison.Ordinal);
        Assert.Empty(store.Partials);
        Assert.Empty(Directory.GetFiles(Path.Combine(store.Root, "leases")));
    }

    [Fact]
    public async Task SpoiledStartIsFetchedAgain()
    {
        await using StubRegistry registry = await StubRegistry.StartAsync();
        var image = TestImage.Create(layers: 1, layerSize: LayerSize);
        registry.Add("app", "1", image);
        byte[] blob = image.Layers[0].Blob;
        registry.Intercept = async context =>
        {
            if (!IsLayer(context, image))
            {
                return false;
            }

            int offset = StubRegistry.OffsetOf(context);
            await StubRegistry.BreakOffAsync(context, blob, offset, Math.Max(offset, blob.Length / 2));
            return true;
        };
        using var store = new TestStore();
        await Assert.ThrowsAsync<ImageException>(() => store.PullAsync($"{registry.Host}/app:1"));
        byte[] kept = File.ReadAllBytes(store.Partials[0]);
        Array.Clear(kept, kept.Length / 2, 1000);
        File.WriteAllBytes(store.Partials[0], kept);
        registry.Intercept = _ => Task.FromResult(false);

        await store.PullAsync($"{registry.Host}/app:1");

        Assert.True(store.Layers.Contains(image.Layers[0].DiffId));
        Assert.Empty(store.Partials);
    }

    [Fact]
    public async Task CancelledPullShowsNoImageAndKeepsWholeLayers()
    {
        await using StubRegistry registry = await StubRegistry.StartAsync();
        var image = TestImage.Create(layers: 2);
        registry.Add("app", "1", image);
        using var cancel = new CancellationTokenSource();
        registry.Intercept = async context =>
        {
            if (!IsLayer(context, image, 1))
            {
                return false;
            }

            await cancel.CancelAsync();
            await Task.Delay(Timeout.Infinite, context.RequestAborted).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            return true;
        };
        using var store = new TestStore(TestStore.Quick with { MaxConcurrentDownloads = 1 });

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => store.PullAsync($"{registry.Host}/app:1", cancellationToken: cancel.Token));

        Assert.Empty(store.Images.List());
        Assert.Equal([image.Layers[0].DiffId], store.Layers.List());
        store.Reopen();
        registry.Intercept = _ => Task.FromResult(false);
        registry.Requests.Clear();
        await store.PullAsync($"{registry.Host}/app:1");
        Assert.Equal(0, registry.CountOf(image.Layers[0].BlobDigest.Hex));
    }

    [Fact]
    public async Task OneOfTwoPullsMayGiveUp()
    {
        await using StubRegistry registry = await StubRegistry.StartAsync();
        var image = TestImage.Create(layers: 1);
        registry.Add("app", "1", image);
        var started = new TaskCompletionSource();
        var gate = new TaskCompletionSource();
        registry.Intercept = async context =>
        {
            if (IsLayer(context, image))
            {
                started.TrySetResult();
                await gate.Task;
            }

            return false;
        };
        using var store = new TestStore();
        using var cancel = new CancellationTokenSource();
        Task first = store.PullAsync($"{registry.Host}/app:1", cancellationToken: cancel.Token);
        await started.Task;
        Task second = store.PullAsync($"{registry.Host}/app:1");
        while (store.Statuses.Count(status => status == "Pulling fs layer") < 2)
        {
            await Task.Yield();
        }

        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);
        gate.SetResult();
        await second;

        Assert.Single(store.Images.List());
    }

    private static bool IsLayer(HttpContext context, TestImage image, int index = 0) =>
        context.Request.Path.Value!.Contains(image.Layers[index].BlobDigest.Hex, StringComparison.Ordinal);
}
