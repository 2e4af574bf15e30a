using MicroVm.Integration.Tests.Infrastructure;

namespace MicroVm.Integration.Tests;

/// <summary>A daemon whose state lies on a small file system that other files fill up.</summary>
public sealed class FullDiskTests : IAsyncLifetime
{
    private const string NoSpace = "no space left on";
    private static readonly string[] s_run = ["run", "--rm", "--network", "none", "busybox"];
    private Daemon? _daemon;

    private Daemon Daemon => _daemon!;

    private string Ballast => Path.Combine(Daemon.Root, "ballast");

    public async ValueTask InitializeAsync() => _daemon = await Daemon.StartAsync("""{"warm-start": false}""", rootSize: 112 << 20);

    public ValueTask DisposeAsync() => _daemon?.DisposeAsync() ?? ValueTask.CompletedTask;

    [Theory, CombinatorialClients]
    public async Task ALoadThatDoesNotFitLeavesNothing(string client)
    {
        string archive = Path.Combine(Daemon.Directory, "python.tar");
        (await Command.RunAsync("skopeo", ["copy", "-q", $"oci:{TestEnvironment.Samples}:3.11-slim", $"docker-archive:{archive}:python:3.11-slim"])).Succeeded();
        (await Daemon.MvmAsync("load", "-i", archive)).Failed(1, NoSpace);
        var before = Footprint.Of(Daemon);
        (await Daemon.ClientAsync(client, ["load", "-i", archive])).Refused(client, 1, NoSpace);
        await before.UnchangedAsync();
    }

    [Theory, CombinatorialClients]
    public async Task AContainerThatDoesNotFitLeavesNothing(string client)
    {
        await Daemon.LoadBusyboxAsync();
        (await Daemon.MvmAsync([.. s_run, "true"])).Succeeded();
        Fill(leave: 0);
        var before = Footprint.Of(Daemon);
        (await Daemon.ClientAsync(client, [.. s_run, "true"])).Refused(client, 125, NoSpace);
        await before.UnchangedAsync();
        File.Delete(Ballast);
        (await Daemon.ClientAsync(client, [.. s_run, "true"])).Succeeded();
    }

    [Fact]
    public async Task AContainerWhoseLogDoesNotFitGoesOnAndItsClientSeesAll()
    {
        await Daemon.LoadBusyboxAsync();
        (await Daemon.MvmAsync([.. s_run, "true"])).Succeeded();
        Fill(leave: 6 << 20);
        CommandResult result = await Daemon.MvmAsync([.. s_run, "sh", "-c", "head -c 16777216 /dev/zero | tr '\\0' x; exit 7"]);
        Assert.Equal(7, result.ExitCode);
        Assert.Equal(16777216, result.Output.Length);
        File.Delete(Ballast);
        (await Daemon.MvmAsync([.. s_run, "true"])).Succeeded();
    }

    private void Fill(long leave)
    {
        using FileStream ballast = File.Create(Ballast);
        byte[] block = new byte[1 << 16];
        try
        {
            while (true)
            {
                ballast.Write(block);
                ballast.Flush();
            }
        }
        catch (IOException)
        {
            ballast.SetLength(Math.Max(0, ballast.Length - leave));
        }
    }
}
