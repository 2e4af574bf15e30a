using MicroVm.Integration.Tests.Infrastructure;

namespace MicroVm.Integration.Tests;

/// <summary>What a shell is offered when a real daemon has containers in several states.</summary>
public sealed class CompletionTests(DaemonFixture fixture)
{
    private Daemon Daemon => fixture.Daemon;

    [Fact]
    public async Task ContainersAreOfferedWhereTheirStateSuits()
    {
        (await Daemon.MvmAsync("create", "--name", "complete-stopped", "--network", "none", "busybox")).Succeeded();
        (await Daemon.MvmAsync("run", "-d", "--name", "complete-running", "--network", "none", "busybox", "sleep", "600")).Succeeded();
        Assert.Equal(["complete-running"], await OfferedAsync("exec", "complete-"));
        Assert.Equal(["complete-running"], await OfferedAsync("stop", "-t", "1", "complete-"));
        Assert.Equal(["complete-stopped"], await OfferedAsync("start", "complete-"));
        Assert.Equal(["complete-running", "complete-stopped"], await OfferedAsync("container", "rm", "complete-"));
        Assert.Equal(["complete-running:"], await OfferedAsync("cp", "complete-r"));
        Assert.Equal(["busybox", "busybox:latest"], await OfferedAsync("run", "-it", "bus"));

        (await Daemon.MvmAsync("pause", "complete-running")).Succeeded();
        Assert.Equal(["complete-running"], await OfferedAsync("unpause", "complete-"));
        Assert.Empty(await OfferedAsync("exec", "complete-"));
        (await Daemon.MvmAsync("rm", "-f", "complete-running", "complete-stopped")).Succeeded();
    }

    private async Task<string[]> OfferedAsync(params string[] words)
    {
        string answer = (await Daemon.MvmAsync(["__complete", "--", .. words])).Succeeded();
        return [.. answer.Split('\n')[1..].Select(line => line.Split('\t')[0]).Order()];
    }
}
