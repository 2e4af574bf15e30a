using MicroVm.Integration.Tests.Infrastructure;

namespace MicroVm.Integration.Tests;

/// <summary>Images from the sample registry and from archives, run for real.</summary>
public sealed class PullTests(DaemonFixture fixture)
{
    private Daemon Daemon => fixture.Daemon;

    [Fact]
    public async Task PythonRunsFromAnEmptyStore()
    {
        await using Daemon daemon = await Daemon.StartAsync($$"""{"registry-mirrors": ["http://{{fixture.Registry.Address}}"]}""");
        CommandResult result = await daemon.MvmAsync("run", "--rm", "python:3.11-slim", "python3", "-c", "print(6 * 7)");
        Assert.Equal("42", result.Succeeded());
        Assert.Equal("python:3.11-slim", (await daemon.DockerAsync("images", "--format", "{{.Repository}}:{{.Tag}}")).Succeeded());
    }

    [Theory]
    [InlineData("docker-archive:{0}:loaded:docker")]
    [InlineData("oci-archive:{0}:loaded:oci")]
    public async Task AnArchiveIsLoadedAndRuns(string transport)
    {
        string name = transport.Split("{0}:")[1];
        string archive = Path.Combine(Daemon.Directory, Guid.NewGuid().ToString("N") + ".tar");
        string destination = string.Format(System.Globalization.CultureInfo.InvariantCulture, transport, archive);
        (await Command.RunAsync("skopeo", ["copy", "-q", $"oci:{TestEnvironment.Samples}:busybox", destination])).Succeeded();
        foreach (string client in CombinatorialClientsAttribute.Clients)
        {
            Assert.Contains("Loaded image", (await Daemon.ClientAsync(client, ["load", "-i", archive])).Succeeded(), StringComparison.Ordinal);
            Assert.Equal("hi", (await Daemon.ClientAsync(client, ["run", "--rm", name, "echo", "hi"])).Succeeded());
            (await Daemon.ClientAsync(client, ["rmi", name])).Succeeded();
        }
    }

    [Theory, CombinatorialClients]
    public async Task ASavedImageLoadsElsewhereAndRuns(string client)
    {
        string archive = Path.Combine(Daemon.Directory, client + "-saved.tar");
        (await Daemon.ClientAsync(client, ["tag", "busybox", "saved:" + client])).Succeeded();
        (await Daemon.ClientAsync(client, ["save", "-o", archive, "saved:" + client, "busybox"])).Succeeded();
        await using Daemon other = await Daemon.StartAsync("{}");
        Assert.Contains("Loaded image: saved:" + client, (await other.ClientAsync(client, ["load", "-i", archive])).Succeeded(), StringComparison.Ordinal);
        Assert.Equal("hi", (await other.ClientAsync(client, ["run", "--rm", "--network", "none", "saved:" + client, "echo", "hi"])).Succeeded());
        string id = (await Daemon.ClientAsync(client, ["images", "-q", "--no-trunc", "saved:" + client])).Succeeded();
        Assert.Equal(id, (await other.ClientAsync(client, ["images", "-q", "--no-trunc", "saved:" + client])).Succeeded());
        (await Daemon.ClientAsync(client, ["save", "-o", archive, "none-such"])).Failed(1, "No such image: none-such:latest");
    }

    [Theory, CombinatorialClients]
    public async Task ARegistryThatIsDownIsOneLine(string client) =>
        (await Daemon.ClientAsync(client, ["pull", "127.0.0.1:9/library/busybox"])).Failed(1, "connection refused");

    [Theory, CombinatorialClients]
    public async Task AnUnknownTagIsOneLine(string client) =>
        (await Daemon.ClientAsync(client, ["pull", fixture.Registry.Address + "/library/busybox:none"])).Failed(1, "manifest unknown");
}
