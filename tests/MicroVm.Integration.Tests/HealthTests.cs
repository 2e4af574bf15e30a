using MicroVm.Integration.Tests.Infrastructure;

namespace MicroVm.Integration.Tests;

/// <summary>Health checks and restart policies, from both clients, in real VMs.</summary>
public sealed class HealthTests(DaemonFixture fixture)
{
    private Daemon Daemon => fixture.Daemon;

    [Theory, CombinatorialClients]
    public async Task AProbesAnswersAreTheContainersHealth(string client)
    {
        string id = await RunAsync(client, ["--health-cmd", "echo probed; test -e /well", "--health-interval", "100ms", "--health-retries", "2"], "sleep", "1000");
        Assert.Contains("(health: starting)", await StatusAsync(client, id));
        await BecomesAsync(id, "{{.State.Health.Status}}", "unhealthy");
        (await Daemon.ClientAsync(client, ["exec", id, "touch", "/well"])).Succeeded();
        await BecomesAsync(id, "{{.State.Health.Status}}", "healthy");
        Assert.Contains("(healthy)", await StatusAsync(client, id));
        Assert.Equal("0", await InspectAsync(id, "{{.State.Health.FailingStreak}}"));
        Assert.Equal("probed", await InspectAsync(id, "{{(index .State.Health.Log 0).Output}}"));
        Assert.Equal(id, (await Daemon.ClientAsync(client, ["ps", "-q", "--no-trunc", "--filter", "health=healthy", "--filter", "id=" + id])).Succeeded());
        await RemoveAsync(id);
    }

    [Theory, CombinatorialClients]
    public async Task AProbeThatTakesTooLongHasFailedAndIsGone(string client)
    {
        string id = await RunAsync(
            client, ["--health-cmd", "exec sleep 777", "--health-interval", "100ms", "--health-timeout", "1s", "--health-retries", "1"], "sleep", "1000");
        await BecomesAsync(id, "{{.State.Health.Status}}", "unhealthy");
        Assert.Equal("-1 Health check exceeded timeout (1s)", await InspectAsync(id, "{{with index .State.Health.Log 0}}{{.ExitCode}} {{.Output}}{{end}}"));
        string count = (await Daemon.ClientAsync(client, ["exec", id, "sh", "-c", "cat /proc/[0-9]*/cmdline | tr '\\0' '\\n' | grep -c 77[7]"])).OutputText;
        Assert.InRange(int.Parse(count), 0, 1);
        await RemoveAsync(id);
    }

    [Theory, CombinatorialClients]
    public async Task AContainerThatFailsIsStartedAgainAsItsPolicySays(string client)
    {
        string id = await RunAsync(client, ["--restart", "on-failure:2"], "sh", "-c", "echo run >> /runs; exit 3");
        Assert.Equal("3", (await Daemon.ClientAsync(client, ["wait", id])).Succeeded());
        Assert.Equal("exited 2 on-failure 2", await InspectAsync(
            id, "{{.State.Status}} {{.RestartCount}} {{.HostConfig.RestartPolicy.Name}} {{.HostConfig.RestartPolicy.MaximumRetryCount}}"));
        await RemoveAsync(id);
    }

    [Theory, CombinatorialClients]
    public async Task OneThatIsStoppedStaysDown(string client)
    {
        string id = await RunAsync(client, ["--restart", "always"], "sh", "-c", "trap 'exit 0' TERM; while true; do sleep 0.1; done");
        // A PID 1 that has not set its trap yet does not feel it.
        await Daemon.ClientAsync(client, ["exec", id, "sh", "-c", "while kill 1; do sleep 0.1; done"]);
        await BecomesAsync(id, "{{.RestartCount}} {{.State.Status}}", "1 running");
        (await Daemon.ClientAsync(client, ["stop", id])).Succeeded();
        Assert.Equal("exited", await InspectAsync(id, "{{.State.Status}}"));
        await RemoveAsync(id);
    }

    [Theory]
    [InlineData("--restart sometimes", "unknown policy 'sometimes'")]
    [InlineData("--restart always:3", "maximum retry count can only be used with restart policy 'on-failure'")]
    [InlineData("--restart on-failure:-3", "maximum retry count cannot be negative")]
    [InlineData("--restart always --rm", "restart")]
    [InlineData("--health-cmd true --health-interval 1us", "Interval in Healthcheck cannot be less than 1ms")]
    [InlineData("--health-cmd true --no-healthcheck", "--no-healthcheck conflicts with --health-* options")]
    public async Task WrongOnesAreRefused(string flags, string text)
    {
        foreach (string client in CombinatorialClientsAttribute.Clients)
        {
            (await Daemon.ClientAsync(client, ["run", "-d", .. ShellWords.Split(flags), "busybox", "true"])).Refused(client, 125, text);
        }
    }

    private async Task<string> RunAsync(string client, string[] flags, params string[] command) =>
        (await Daemon.ClientAsync(client, ["run", "-d", "--network", "none", .. flags, "busybox", .. command])).Succeeded();

    private async Task<string> StatusAsync(string client, string id) =>
        (await Daemon.ClientAsync(client, ["ps", "--filter", "id=" + id, "--format", "{{.Status}}"])).Succeeded();

    private async Task<string> InspectAsync(string id, string format) => (await Daemon.DockerAsync("inspect", "-f", format, id)).Succeeded();

    private async Task RemoveAsync(string id) => (await Daemon.MvmAsync("rm", "-f", id)).Succeeded();

    private async Task BecomesAsync(string id, string format, string value)
    {
        string now = "";
        for (int attempt = 0; attempt < 600 && now != value; attempt++)
        {
            now = await InspectAsync(id, format);
            await Task.Delay(100, TestContext.Current.CancellationToken);
        }

        Assert.Equal(value, now);
    }
}
