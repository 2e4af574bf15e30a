using System.Diagnostics;
using Microsoft.AspNetCore.Http;
using MicroVm.Images.Tests.Support;

namespace MicroVm.Images.Tests.Registry;

/// <summary>A daemon killed with SIGKILL in the middle of a pull, and the pull after that.</summary>
public class KilledPullTests
{
    private const string Directory = "MVM_TEST_STORE";
    private const string Image = "MVM_TEST_IMAGE";

    [Fact]
    public async Task NextProcessFetchesOnlyWhatIsMissing()
    {
        await using StubRegistry registry = await StubRegistry.StartAsync();
        var image = TestImage.Create(layers: 2, layerSize: 2 << 20);
        registry.Add("app", "1", image);
        byte[] second = image.Layers[1].Blob;
        registry.Intercept = async context =>
        {
            if (!context.Request.Path.Value!.Contains(image.Layers[1].BlobDigest.Hex, StringComparison.Ordinal))
            {
                return false;
            }

            await SendHalfAndHangAsync(context, second);
            return true;
        };
        using var directory = new TemporaryDirectory();
        using Process child = StartChild(directory.Path, $"{registry.Host}/app:1");
        string partial = Path.Combine(directory.Path, "images/partial", image.Layers[1].BlobDigest.Hex);
        while (!(File.Exists(partial) && new FileInfo(partial).Length == second.Length / 2))
        {
            Assert.False(child.HasExited, "the child ended before it was killed");
            await Task.Delay(10);
        }

        child.Kill();
        await child.WaitForExitAsync();
        registry.Intercept = _ => Task.FromResult(false);
        registry.Requests.Clear();
        using var store = new TestStore(directory: directory.Path);
        Assert.Empty(store.Images.List());
        await store.PullAsync($"{registry.Host}/app:1");

        Assert.Equal(0, registry.CountOf(image.Layers[0].BlobDigest.Hex));
        Assert.Equal(1, registry.CountOf($"{image.Layers[1].BlobDigest.Hex} bytes={second.Length / 2}-"));
        Assert.Equal(image.Id, Assert.Single(store.Images.List()).Id);
    }

    /// <summary>Runs only in the child process of the test above.</summary>
    [Fact(Explicit = true)]
    public async Task Child()
    {
        using var store = new TestStore(TestStore.Quick with { MaxConcurrentDownloads = 1 }, Environment.GetEnvironmentVariable(Directory)!);
        await store.PullAsync(Environment.GetEnvironmentVariable(Image)!);
    }

    private static Process StartChild(string directory, string image)
    {
        string method = $"{typeof(KilledPullTests).FullName}.{nameof(Child)}";
        var start = new ProcessStartInfo(Environment.ProcessPath!, ["-explicit", "only", "-method", method])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            Environment = { [Directory] = directory, [Image] = image },
        };
        Process child = Process.Start(start)!;
        child.BeginOutputReadLine();
        child.BeginErrorReadLine();
        return child;
    }

    private static async Task SendHalfAndHangAsync(HttpContext context, byte[] blob)
    {
        context.Response.ContentLength = blob.Length;
        await context.Response.Body.WriteAsync(blob.AsMemory(0, blob.Length / 2));
        await context.Response.Body.FlushAsync();
        await Task.Delay(Timeout.Infinite, context.RequestAborted).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }
}
