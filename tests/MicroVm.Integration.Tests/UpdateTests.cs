using System.Globalization;
using MicroVm.Integration.Tests.Infrastructure;

namespace MicroVm.Integration.Tests;

/// <summary>`update` from both clients: what changes at once can be seen from inside.</summary>
public sealed class UpdateTests(DaemonFixture fixture)
{
    private Daemon Daemon => fixture.Daemon;

    [Theory, CombinatorialClients]
    public async Task LimitsChangeWhileItRuns(string client)
    {
        string id = (await Daemon.ClientAsync(
            client, ["run", "-d", "--network", "none", "-m", "256m", "--pids-limit", "20", "busybox", "sleep", "600"])).Succeeded();
        Assert.Equal("20", await FileAsync(client, id, "pids.max"));
        CommandResult updated = await Daemon.ClientAsync(
            client, ["update", "-m", "128m", "--memory-swap", "256m", "--pids-limit", "10", "--restart", "on-failure:2", id]);
        Assert.Equal(id, updated.Succeeded());
        Assert.Equal("10", await FileAsync(client, id, "pids.max"));
        Assert.Equal("134217728", await FileAsync(client, id, "memory.max"));
        Assert.Equal(
            "on-failure 2 134217728",
            (await Daemon.ClientAsync(client, ["inspect", "-f", "{{.HostConfig.RestartPolicy.Name}} {{.HostConfig.RestartPolicy.MaximumRetryCount}} {{.HostConfig.Memory}}", id])).Succeeded());
        CommandResult larger = await Daemon.ClientAsync(client, ["update", "-m", "512m", id]);
        Assert.Contains("started again", larger.OutputText + larger.ErrorText, StringComparison.Ordinal);
        (await Daemon.ClientAsync(client, ["update", "-m", "1k", id])).Failed(1, "Minimum memory limit");
        (await Daemon.ClientAsync(client, ["rm", "-f", id])).Succeeded();
    }

    [Theory, CombinatorialClients]
    public async Task WhatHasNoEffectIsSaid(string client)
    {
        string id = (await Daemon.ClientAsync(client, ["create", "--network", "none", "busybox"])).Succeeded();
        CommandResult told = await Daemon.ClientAsync(client, ["update", "--cpuset-cpus", "0", "--memory-reservation", "64m", "--cpu-shares", "5", id]);
        Assert.Equal(id, told.Succeeded().Split('\n')[0]);
        foreach (string flag in new[] { "cpuset-cpus", "memory-reservation", "cpu-shares" })
        {
            Assert.Contains($"--{flag} has no effect", told.OutputText + told.ErrorText, StringComparison.Ordinal);
        }

        (await Daemon.ClientAsync(client, ["rm", id])).Succeeded();
    }

    /// <summary>By then the pause before the next start is several seconds long.</summary>
    [Theory, CombinatorialClients]
    public async Task NoRestartEndsTheWaitForOne(string client)
    {
        string id = (await Daemon.ClientAsync(client, ["run", "-d", "--network", "none", "--restart", "always", "busybox", "false"])).Succeeded();
        while (await StateAsync(client, id) is var state && !(state.StartsWith("restarting", StringComparison.Ordinal) && int.Parse(state.Split(' ')[1], CultureInfo.InvariantCulture) >= 4))
        {
            await Task.Delay(50);
        }

        (await Daemon.ClientAsync(client, ["update", "--restart", "no", id])).Succeeded();
        string ended = (await Daemon.ClientAsync(client, ["wait", id])).Succeeded();
        Assert.Equal("1", ended);
        Assert.StartsWith("exited", await StateAsync(client, id), StringComparison.Ordinal);
        (await Daemon.ClientAsync(client, ["rm", id])).Succeeded();
    }

    private async Task<string> StateAsync(string client, string id) =>
        (await Daemon.ClientAsync(client, ["inspect", "-f", "{{.State.Status}} {{.RestartCount}}", id])).Succeeded();

    [Theory, CombinatorialClients]
    public async Task AShareOfTheProcessorChangesWhileItRuns(string client)
    {
        string id = (await Daemon.ClientAsync(client, ["run", "-d", "--network", "none", "busybox", "sleep", "600"])).Succeeded();
        (await Daemon.ClientAsync(client, ["update", "--cpus", "0.5", id])).Succeeded();
        Assert.Equal("500000000", (await Daemon.ClientAsync(client, ["inspect", "-f", "{{.HostConfig.NanoCpus}}", id])).Succeeded());
        string quota = Directory.EnumerateDirectories("/sys/fs/cgroup", id, SearchOption.AllDirectories)
            .SelectMany(group => new[] { "cpu.max", "cpu.cfs_quota_us" }.Select(file => Path.Combine(group, file)))
            .Where(File.Exists).Select(File.ReadAllText).First();
        Assert.StartsWith("50000", quota, StringComparison.Ordinal);
        (await Daemon.ClientAsync(client, ["rm", "-f", id])).Succeeded();
    }

    private async Task<string> FileAsync(string client, string id, string file) =>
        (await Daemon.ClientAsync(client, ["exec", id, "cat", "/sys/fs/cgroup/" + file])).Succeeded();
}
