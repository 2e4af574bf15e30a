using MicroVm.Integration.Tests.Infrastructure;

namespace MicroVm.Integration.Tests;

/// <summary>Several daemons on one host.</summary>
public sealed class NeighboursTests
{
    [Fact]
    public async Task NoTwoVmsOfTheHostHaveTheSameUser()
    {
        await using Daemon first = await StartAsync();
        await using Daemon second = await StartAsync();
        Daemon[] daemons = [first, second, first, second];
        string[] users = await Task.WhenAll(daemons.Select(UserOfANewVmAsync));
        Assert.Equal(daemons.Length, users.Distinct().Count());
        Assert.DoesNotContain("0", users);

        // A killed daemon's VMs keep theirs, and so does its successor.
        await first.KillAsync();
        string third = await UserOfANewVmAsync(second);
        Assert.DoesNotContain(third, users);
        await first.RestartAsync();
        Assert.DoesNotContain(await UserOfANewVmAsync(first), users.Append(third));
    }

    private static async Task<string> UserOfANewVmAsync(Daemon daemon)
    {
        string id = (await daemon.MvmAsync("run", "-d", "--network", "none", "busybox", "sleep", "1000")).Succeeded();
        string pid = (await daemon.DockerAsync("inspect", "-f", "{{.State.Pid}}", id)).Succeeded();
        string users = File.ReadLines($"/proc/{pid}/status").First(l => l.StartsWith("Uid:", StringComparison.Ordinal));
        return users.Split('\t')[1];
    }

    private static async Task<Daemon> StartAsync()
    {
        Daemon daemon = await Daemon.StartAsync();
        await daemon.LoadBusyboxAsync();
        return daemon;
    }
}
