using System.Globalization;
using System.Text.Json;
using MicroVm.Integration.Tests.Infrastructure;

namespace MicroVm.Integration.Tests;

/// <summary>Containers whose VMs are restored from a template: what one may know of another, and what a crash leaves.</summary>
public sealed class TemplateTests : IAsyncLifetime
{
    private const string Shape = "VMs with 1 vCPU, 1024 MiB ";
    private Daemon _daemon = null!;

    public async ValueTask InitializeAsync()
    {
        _daemon = await Daemon.StartAsync();
        await _daemon.LoadBusyboxAsync();
    }

    public ValueTask DisposeAsync() => _daemon.DisposeAsync();

    [Fact]
    public async Task NoTwoOfOneTemplateShareWhatMustBeTheirOwn()
    {
        await WarmAsync();
        string[] own = ["cat /proc/sys/kernel/random/boot_id", "head -c 16 /dev/urandom | md5sum", "cat /proc/sys/kernel/random/uuid", "cat /sys/class/net/eth0/address"];
        string[][] guests = await Task.WhenAll(Enumerable.Range(0, 3).Select(n => LinesAsync($"own-{n}", string.Join("; ", own))));
        Assert.All(guests, lines => Assert.Equal(own.Length, lines.Length));
        Assert.All(Enumerable.Range(0, own.Length - 1), line => Assert.Equal(guests.Length, guests.Select(lines => lines[line]).Distinct().Count()));
        foreach (int guest in Enumerable.Range(0, guests.Length))
        {
            await WasRestoredAsync($"own-{guest}");
        }
    }

    [Fact]
    public async Task ItKnowsTheTimeAndHasItsMemoryAndNetwork()
    {
        await WarmAsync();
        await Task.Delay(2000, TestContext.Current.CancellationToken); // Else a template's own clock would do.
        long before = DateTimeOffset.UtcNow.ToUnixTimeSeconds();
        string[] lines = await LinesAsync("clock", "date +%s; sed -n 's/^MemTotal: *\\([0-9]*\\) kB/\\1/p' /proc/meminfo; ip route | grep -c default; sleep 1; date +%s");
        long[] numbers = [.. lines.Select(line => long.Parse(line, CultureInfo.InvariantCulture))];
        Assert.InRange(numbers[0], before, numbers[3] - 1);
        Assert.InRange(numbers[3], before + 1, DateTimeOffset.UtcNow.ToUnixTimeSeconds());
        Assert.InRange(numbers[1], 900_000, 1_048_576);
        Assert.Equal(1, numbers[2]);
        await WasRestoredAsync("clock");
    }

    [Fact]
    public async Task ItLivesOnWhenItsDaemonIsKilledAndTheNextMakesATemplateOfItsOwn()
    {
        await WarmAsync();
        (await _daemon.MvmAsync("run", "-d", "--name", "lives", "--network", "none", "busybox", "sleep", "100000")).Succeeded();
        await WasRestoredAsync("lives");
        await _daemon.KillAsync();
        await _daemon.RestartAsync();
        Assert.Equal("on", (await _daemon.MvmAsync("exec", "lives", "echo", "on")).Succeeded());
        await Eventually.TrueAsync(() => Reports().Count(line => line.Contains("are restored", StringComparison.Ordinal)) == 2);
        (await _daemon.MvmAsync("run", "--name", "next", "--network", "none", "busybox", "true")).Succeeded();
        await WasRestoredAsync("next");
    }

    [Fact]
    public async Task ADaemonKilledWhileItMakesATemplateLeavesNothing()
    {
        List<int> makers = [];
        for (int kill = 0; kill < 4; kill++)
        {
            await _daemon.KillAsync();
            await _daemon.RestartAsync();
            await Eventually.TrueAsync(() => Makers().Except(makers).Any());
            makers.AddRange(Makers().Except(makers));
            await Task.Delay(kill * 100, TestContext.Current.CancellationToken);
        }

        await _daemon.KillAsync();
        await _daemon.RestartAsync();
        int before = Reports().Length;
        await Eventually.TrueAsync(() => Reports().Length > before);
        Assert.EndsWith("MiB", Reports()[^1], StringComparison.Ordinal);
        await Eventually.TrueAsync(() => !makers.Any(pid => Directory.Exists($"/proc/{pid}"))); // Init reaps them in its own time.
        Assert.Empty(Directory.GetDirectories(Path.Combine(_daemon.RunDirectory, "templates")));
    }

    [Fact]
    public async Task WhoDoesNotWantItHasItNot()
    {
        await using Daemon cold = await Daemon.StartAsync("""{"warm-start": false}""");
        Assert.Contains("Warm start: off", (await cold.MvmAsync("info")).Succeeded(), StringComparison.Ordinal);
        Assert.Contains("Warm start: on", (await _daemon.MvmAsync("info")).Succeeded(), StringComparison.Ordinal);
        await cold.LoadBusyboxAsync();
        for (int run = 0; run < 3; run++)
        {
            (await cold.MvmAsync("run", "--name", $"run-{run}", "--network", "none", "busybox", "true")).Succeeded();
        }

        Assert.False(await IsRestoredAsync(cold, "run-2"));
        Assert.DoesNotContain("template", await File.ReadAllTextAsync(Path.Combine(cold.Directory, "mvmd.log"), TestContext.Current.CancellationToken), StringComparison.Ordinal);
    }

    private async Task<string[]> LinesAsync(string name, string script) =>
        (await _daemon.MvmAsync("run", "--name", name, "busybox", "sh", "-c", script)).Succeeded().Split('\n', StringSplitOptions.RemoveEmptyEntries);

    private Task WarmAsync() => Eventually.TrueAsync(() => Reports().Any(line => line.Contains("are restored", StringComparison.Ordinal)));

    private string[] Reports() =>
        [.. File.ReadLines(Path.Combine(_daemon.Directory, "mvmd.log")).Where(line => line.Contains(Shape, StringComparison.Ordinal))];

    private async Task WasRestoredAsync(string container) => Assert.True(await IsRestoredAsync(_daemon, container), $"{container} booted");

    private static async Task<bool> IsRestoredAsync(Daemon daemon, string container)
    {
        string json = (await Command.RunAsync("curl", ["-s", "--unix-socket", daemon.Socket, $"http://mvm/mvm/containers/{container}/timings"])).Succeeded();
        using JsonDocument document = JsonDocument.Parse(json);
        return document.RootElement.GetProperty("Milliseconds").TryGetProperty("restore", out _);
    }

    /// <summary>VMMs that make this daemon's template.</summary>
    private int[] Makers() => [.. VmmProcess.Templates().Keys.Where(IsOurs)];

    private bool IsOurs(int pid)
    {
        try
        {
            return File.ReadAllText($"/proc/{pid}/mountinfo").Contains(_daemon.Directory, StringComparison.Ordinal);
        }
        catch (IOException)
        {
            return false; // It has ended.
        }
    }
}
