using System.Text.Json;
using MicroVm.Integration.Tests.Infrastructure;

namespace MicroVm.Integration.Tests.Networks;

/// <summary>Networks as the clients see them: ours, the stock one and compose.</summary>
public sealed class NetworkClientTests(NetworkedDaemon host) : IClassFixture<NetworkedDaemon>, IAsyncLifetime
{
    private const string Services = """
        version: "3.7"
        services:
          web:
            image: busybox
            command: sh -c 'mkdir /www && echo compose > /www/index.html && exec httpd -f -p 80 -h /www'
            networks:
              default: {}
              back: {aliases: [shop]}
          client:
            image: busybox
            command: sleep 100000
            depends_on: [web]
          behind:
            image: busybox
            command: sleep 100000
            networks: [back]
        networks:
          back: {}
        """;

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync() => await host.RemoveAllAsync();

    [Theory]
    [InlineData("mvm")]
    [InlineData("docker")]
    public async Task NetworksAreMadeShownAndRemoved(string client)
    {
        string id = await ClientAsync(
            client, "network", "create", "--subnet", "10.20.0.0/16", "--ip-range", "10.20.5.0/24", "--gateway", "10.20.0.254", "--label", "tier=front", "shop");
        Assert.Matches("^[0-9a-f]{64}$", id);
        Assert.Equal($"{id[..12]}   shop      bridge    local", (await ClientAsync(client, "network", "ls", "--filter", "label=tier=front")).Split('\n')[1]);
        Assert.Equal(id, await ClientAsync(client, "network", "ls", "-q", "--no-trunc", "--filter", "name=sho"));
        Assert.Contains("\"IPRange\": \"10.20.5.0/24\"", await ClientAsync(client, "network", "inspect", "shop"));
        Assert.Equal("shop", await ClientAsync(client, "inspect", "--type", "network", "-f", "{{.Name}}", id[..12]));
        Assert.Equal("shop", (await host.MvmAsync("__complete", "--", "run", "--network", "sh")).Split('\n', '\t')[1]);
        Refused(await host.Daemon.ClientAsync(client, ["network", "create", "shop"]), "network with name shop already exists");
        Refused(await host.Daemon.ClientAsync(client, ["network", "create", "--subnet", "10.20.9.0/24", "other"]), "Pool overlaps with other one on this address space");
        Refused(await host.Daemon.ClientAsync(client, ["network", "rm", "bridge"]), "bridge is a pre-defined network and cannot be removed");
        Assert.Equal("shop", await ClientAsync(client, "network", "rm", "shop"));
        Refused(await host.Daemon.ClientAsync(client, ["network", "inspect", "shop"]), "network");
    }

    [Theory]
    [InlineData("mvm")]
    [InlineData("docker")]
    public async Task AContainerGetsTheAddressesThatItAsksFor(string client)
    {
        await ClientAsync(client, "network", "create", "--subnet", "10.30.0.0/24", "shop");
        string id = await ClientAsync(
            client, "run", "-d", "--name", "web", "--network", "shop", "--ip", "10.30.0.9", "--mac-address", "02:42:aa:bb:cc:dd", "busybox", "sleep", "100000");
        using JsonDocument inspected = JsonDocument.Parse(await ClientAsync(client, "inspect", "web"));
        JsonElement endpoint = inspected.RootElement[0].GetProperty("NetworkSettings").GetProperty("Networks").GetProperty("shop");
        Assert.Equal(
            ("10.30.0.9", 24, "10.30.0.1", "02:42:aa:bb:cc:dd"),
            (Text(endpoint, "IPAddress"), endpoint.GetProperty("IPPrefixLen").GetInt32(), Text(endpoint, "Gateway"), Text(endpoint, "MacAddress")));
        Assert.Contains("link/ether 02:42:aa:bb:cc:dd", (await host.ExecAsync("web", "ip", "link", "show", "eth0")).OutputText);
        using JsonDocument network = JsonDocument.Parse(await ClientAsync(client, "network", "inspect", "shop"));
        Assert.Equal("10.30.0.9/24", Text(network.RootElement[0].GetProperty("Containers").GetProperty(id), "IPv4Address"));
        Refused(await host.Daemon.ClientAsync(client, ["run", "--rm", "--network", "shop", "--ip", "10.30.0.9", "busybox", "true"]), "Address already in use", 125);
    }

    [Theory]
    [InlineData("mvm")]
    [InlineData("docker")]
    public async Task AContainerIsConnectedBeforeItStarts(string client)
    {
        await ClientAsync(client, "network", "create", "one");
        await ClientAsync(client, "network", "create", "two");
        await ClientAsync(client, "create", "--name", "web", "--network", "one", "busybox", "sleep", "100000");
        await ClientAsync(client, "network", "connect", "--alias", "shop", "two", "web");
        await ClientAsync(client, "start", "web");
        Assert.Equal("eth0\neth1\nlo", (await host.ExecAsync("web", "ls", "/sys/class/net")).Succeeded());
        Refused(await host.Daemon.ClientAsync(client, ["network", "disconnect", "two", "web"]), "stop the container first");
        Assert.Equal("web", await ClientAsync(client, "ps", "--filter", "network=two", "--format", "{{.Names}}"));
        await ClientAsync(client, "stop", "-t", "0", "web");
        await ClientAsync(client, "network", "disconnect", "one", "web");
        Refused(await host.Daemon.ClientAsync(client, ["network", "disconnect", "one", "web"]), "is not connected to network one");
        await ClientAsync(client, "start", "web");
        Assert.Equal("eth0\nlo", (await host.ExecAsync("web", "ls", "/sys/class/net")).Succeeded());
        Assert.Equal("shop", (await host.ExecAsync("web", "sh", "-c", "nslookup shop | grep -o '^Name:.*' | head -n 1 | tr -d '[:space:]' | cut -d: -f2")).Succeeded());
        await ClientAsync(client, "rm", "-f", "web");
        Assert.Equal("Deleted Networks:\none\ntwo", (await ClientAsync(client, "network", "prune", "-f")).Trim());
    }

    [Fact]
    public async Task ComposeNamesItsServices()
    {
        DirectoryInfo directory = Directory.CreateTempSubdirectory("mvm-compose-");
        string file = Path.Combine(directory.FullName, "docker-compose.yml");
        await File.WriteAllTextAsync(file, Services, TestContext.Current.CancellationToken);
        Task<CommandResult> ComposeAsync(params string[] arguments) => Command.RunAsync(
            "docker-compose", ["--project-directory", directory.FullName, "-f", file, "-p", "shop", .. arguments], host.Daemon.ClientEnvironment);
        try
        {
            (await ComposeAsync("up", "-d")).Succeeded();
            Assert.Equal("compose", await host.FetchAsync("shop_client_1", "http://web/"));
            Assert.Equal("compose", await host.FetchAsync("shop_behind_1", "http://shop/"));
            Assert.Contains("up-to-date", (await ComposeAsync("up", "-d")).ErrorText);
        }
        finally
        {
            (await ComposeAsync("down", "-t", "0")).Succeeded();
            directory.Delete(recursive: true);
        }

        Assert.Empty(await host.MvmAsync("network", "ls", "-q", "--filter", "type=custom"));
    }

    private async Task<string> ClientAsync(string client, params string[] arguments) => (await host.Daemon.ClientAsync(client, arguments)).Succeeded();

    private static void Refused(CommandResult result, string text, int exitCode = 1) => result.Failed(exitCode, text);

    private static string Text(JsonElement element, string name) => element.GetProperty(name).GetString() ?? "";
}
