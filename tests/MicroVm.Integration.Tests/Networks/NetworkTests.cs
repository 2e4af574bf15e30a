using MicroVm.Integration.Tests.Infrastructure;

namespace MicroVm.Integration.Tests.Networks;

/// <summary>Containers on bridges: who reaches whom, by which name, and what of it outlives the daemon.</summary>
public sealed class NetworkTests(NetworkedDaemon host) : IClassFixture<NetworkedDaemon>, IAsyncLifetime
{
    private TestNetwork Network => host.Network;

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync() => await host.RemoveAllAsync();

    [Fact]
    public async Task ContainersOfANetworkFindEachOtherByName()
    {
        await host.MvmAsync("network", "create", "shop");
        string id = await host.ServeAsync("web", "--network", "shop", "--network-alias", "front");
        await host.RunAsync("client", ["--network", "shop"], "sleep", "100000");
        foreach (string name in new[] { "web", "WEB", "front", id[..12], "web.shop" })
        {
            Assert.Equal("web", await host.FetchAsync("client", $"http://{name}/"));
        }

        string address = await AddressAsync("web", "shop");
        Assert.Contains("web.shop", (await host.ExecAsync("client", "nslookup", address)).OutputText);
        Assert.Equal("outside", await host.FetchAsync("client", "http://outside.test/"));
    }

    [Fact]
    public async Task NetworksAreApart()
    {
        await host.MvmAsync("network", "create", "one");
        await host.MvmAsync("network", "create", "two");
        await host.ServeAsync("web", "--network", "one");
        await host.RunAsync("other", ["--network", "two"], "sleep", "100000");
        await host.RunAsync("friend", ["--network", "one", "--network", "two"], "sleep", "100000");
        string address = await AddressAsync("web", "one");
        Assert.Equal("web", await host.FetchAsync("friend", $"http://{address}/"));
        Assert.Equal("web", await host.FetchAsync("friend", "http://web/"));
        Assert.Equal("outside", await host.FetchAsync("other", $"http://{TestNetwork.OutsideAddress}/"));
        Assert.NotEqual(0, (await host.ExecAsync("other", "timeout", "2", "wget", "-q", "-O", "-", $"http://{address}/")).ExitCode);
        Assert.DoesNotContain(address, (await host.ExecAsync("other", "nslookup", "web")).OutputText);

        // From outside by a route to the network: what is not published is not reached.
        (await Network.OutsideAsync("ip", "route", "add", address, "via", TestNetwork.HostAddress)).Succeeded();
        Assert.NotEqual(0, (await Network.OutsideAsync("curl", "-s", "-m", "2", $"http://{address}/")).ExitCode);
    }

    [Fact]
    public async Task AnInternalNetworkHasNoWayOut()
    {
        await host.MvmAsync("network", "create", "--internal", "vault");
        await host.ServeAsync("web", "--network", "vault");
        await host.RunAsync("inmate", ["--network", "vault", "--cap-add", "NET_ADMIN"], "sleep", "100000");
        Assert.Equal("web", await host.FetchAsync("inmate", "http://web/"));
        Assert.DoesNotContain(TestNetwork.OutsideAddress, (await host.ExecAsync("inmate", "nslookup", "outside.test")).OutputText);

        // Not even by a route that it makes itself.
        string gateway = (await host.MvmAsync("network", "inspect", "-f", "{{(index .IPAM.Config 0).Gateway}}", "vault")).Trim();
        (await host.ExecAsync("inmate", "ip", "route", "add", "default", "via", gateway)).Succeeded();
        Assert.NotEqual(0, (await host.ExecAsync("inmate", "timeout", "2", "wget", "-q", "-O", "-", $"http://{TestNetwork.OutsideAddress}/")).ExitCode);
        Assert.NotEqual(0, (await host.ExecAsync("inmate", "nc", "-w", "2", TestNetwork.HostAddress, "22")).ExitCode);
    }

    [Fact]
    public async Task PublishedPortsAndNamesOutliveTheDaemon()
    {
        await host.MvmAsync("network", "create", "shop");
        await host.ServeAsync("web", "--network", "shop", "-p", "8080:80", "-p", "127.0.0.1:8081:80");
        await host.RunAsync("client", ["--network", "shop"], "sleep", "100000");
        Assert.Equal("web", await host.FetchAsync("client", "http://web/"));
        string address = await AddressAsync("web", "shop");
        await IsPublishedAsync();
        await host.Daemon.KillAsync();
        await IsPublishedAsync();
        await host.Daemon.RestartAsync(Network.DaemonEnvironment);
        await IsPublishedAsync();
        Assert.Equal(address, await AddressAsync("web", "shop"));
        Assert.Equal("web", await host.FetchAsync("client", "http://web/"));
        Assert.Equal("web", await host.FetchAsync("client", $"http://{TestNetwork.HostAddress}:8080/"));
        (await host.Daemon.MvmAsync("run", "--rm", "-p", "8080:80", "busybox", "true")).Failed(125, "port is already allocated");
        await host.MvmAsync("rm", "-f", "web");
        Assert.NotEqual(0, (await Network.OnHostAsync("curl", "-s", "-m", "2", "http://127.0.0.1:8080/")).ExitCode);
    }

    [Fact]
    public async Task AGuestSendsFromItsOwnAddressesAlone()
    {
        await host.MvmAsync("network", "create", "--subnet", "10.7.0.0/24", "shop");
        await host.ServeAsync("web", "--network", "shop", "--ip", "10.7.0.10");
        await host.RunAsync("liar", ["--network", "shop", "--ip", "10.7.0.66", "--cap-add", "NET_ADMIN", "--cap-add", "NET_RAW"], "sleep", "100000");
        Assert.Equal("web", await host.FetchAsync("liar", "http://10.7.0.10/"));
        const string ping = "ping -c 1 -W 2 10.7.0.10 > /dev/null";
        (await host.ExecAsync("liar", "sh", "-c", ping)).Succeeded();

        // Another address of the subnet.
        (await host.ExecAsync("liar", "ip", "address", "add", "10.7.0.77/24", "dev", "eth0")).Succeeded();
        Assert.Equal(1, (await host.ExecAsync("liar", "sh", "-c", "ping -I 10.7.0.77 -c 1 -W 2 10.7.0.10 > /dev/null")).ExitCode);

        // Another MAC, and back.
        const string change = "ip link set eth0 down && ip link set eth0 address {0} && ip link set eth0 up && ip neigh flush dev eth0";
        string own = (await host.ExecAsync("liar", "cat", "/sys/class/net/eth0/address")).Succeeded();
        (await host.ExecAsync("liar", "sh", "-c", string.Format(System.Globalization.CultureInfo.InvariantCulture, change, "02:42:de:ad:be:ef"))).Succeeded();
        Assert.Equal(1, (await host.ExecAsync("liar", "sh", "-c", ping)).ExitCode);
        (await host.ExecAsync("liar", "sh", "-c", string.Format(System.Globalization.CultureInfo.InvariantCulture, change, own))).Succeeded();
        (await host.ExecAsync("liar", "sh", "-c", ping)).Succeeded();

        // The neighbour's own address: nobody is led astray.
        (await host.ExecAsync("liar", "ip", "address", "add", "10.7.0.10/24", "dev", "eth0")).Succeeded();
        (await host.ExecAsync("liar", "sh", "-c", "arping -q -c 2 -U -I eth0 10.7.0.10; true")).Succeeded();
        (await Network.OnHostAsync("curl", "-s", "-m", "5", "http://10.7.0.10/")).Succeeded();
    }

    [Fact]
    public async Task ContainersOfANetworkWithoutThatDoNotReachEachOther()
    {
        await host.MvmAsync("network", "create", "-o", "com.docker.network.bridge.enable_icc=false", "lonely");
        await host.ServeAsync("web", "--network", "lonely");
        await host.RunAsync("client", ["--network", "lonely"], "sleep", "100000");
        Assert.Equal("outside", await host.FetchAsync("client", "http://outside.test/"));
        Assert.NotEqual(0, (await host.ExecAsync("client", "timeout", "2", "wget", "-q", "-O", "-", "http://web/")).ExitCode);
    }

    [Fact]
    public async Task TheDefaultNetworkReachesOutAndHasNoNames()
    {
        await host.ServeAsync("web");
        await host.RunAsync("client", [], "sleep", "100000");
        Assert.Equal("web", await host.FetchAsync("client", $"http://{await AddressAsync("web", "bridge")}/"));
        Assert.Equal("outside", await host.FetchAsync("client", "http://web/"));
        (await host.Daemon.MvmAsync("run", "--rm", "--network", "host", "busybox", "true")).Failed(125, "a virtual machine has a network stack of its own");
    }

    /// <summary>libvirt's VMs have the same taps, and a network namespace of their own as well.</summary>
    [Fact]
    public async Task AnotherDriversContainersAreOnTheSameNetworks()
    {
        await host.MvmAsync("network", "create", "one");
        await host.MvmAsync("network", "create", "two");
        await host.ServeAsync("web", "--network", "one");
        await host.RunAsync("domain", ["--runtime", "libvirt", "--network", "two", "--network", "one"], "sleep", "100000");
        Assert.Equal("web", await host.FetchAsync("domain", "http://web/"));
        Assert.Equal("outside", await host.FetchAsync("domain", "http://outside.test/"));
        HashSet<string> namespaces = [(await Network.OnHostAsync("readlink", "/proc/self/ns/net")).Succeeded()];
        foreach (string name in new[] { "web", "domain" })
        {
            string pid = await host.MvmAsync("inspect", "-f", "{{.State.Pid}}", name);
            Assert.True(namespaces.Add((await Command.RunAsync("readlink", [$"/proc/{pid}/ns/net"])).Succeeded()), $"{name} shares a network namespace");
        }
    }

    [Fact]
    public async Task NothingOfThemStays()
    {
        // The default network's bridge is made for its first container.
        await host.MvmAsync("run", "--rm", "busybox", "true");
        string links = await Network.LinksAsync();
        string rules = await Network.RulesAsync();
        await host.MvmAsync("network", "create", "shop");
        await host.RunAsync("web", ["--network", "shop", "-p", "8080:80"], "sleep", "100000");
        Assert.NotEqual(links, await Network.LinksAsync());
        Assert.Contains("8080", await Network.RulesAsync());
        (await host.Daemon.MvmAsync("network", "rm", "shop")).Failed(1, "network shop has active endpoints (name:\"web\"");
        await host.MvmAsync("rm", "-f", "web");
        await host.MvmAsync("network", "rm", "shop");
        Assert.Equal(links, await Network.LinksAsync());
        Assert.Equal(rules, await Network.RulesAsync());
    }

    /// <summary>What a network that is gone has left, because the daemon died, goes when the next one starts.</summary>
    [Fact]
    public async Task LeftoversGoWithTheNextStart()
    {
        string id = await host.MvmAsync("network", "create", "shop");
        await host.Daemon.KillAsync();
        File.Delete(Path.Combine(host.Daemon.Root, "networks", id + ".json"));
        await host.Daemon.RestartAsync(Network.DaemonEnvironment);
        Assert.DoesNotContain("mvm-" + id[..11], (await Network.OnHostAsync("ip", "-o", "link")).Succeeded());
    }

    /// <summary>A chain as Docker and ufw have it, and one as firewalld's: the doctor finds it, and what it says mends it.</summary>
    [Theory]
    [InlineData("table ip filter { chain FORWARD { type filter hook forward priority 0; policy drop; }; }", "ip filter FORWARD", "iptables")]
    [InlineData("table inet wall { chain pass { type filter hook forward priority 10; ct state established accept; reject; }; }", "inet wall pass", "nft")]
    public async Task AnotherFirewallThatDropsIsFoundAndToldHowToLetThemPass(string rules, string chain, string program)
    {
        await host.RunAsync("client", [], "sleep", "100000");
        await FirewallIsAsync("good", "no other drops what is forwarded");
        (await Network.OnHostAsync("nft", rules)).Succeeded();
        try
        {
            Assert.NotEqual(0, (await host.ExecAsync("client", "timeout", "2", "wget", "-q", "-O", "-", "http://outside.test/")).ExitCode);
            string report = await FirewallIsAsync("weaker", $"{chain} drops what is forwarded");
            string remedy = report.Split('\n').Select(line => line.Trim()).Single(line => line.StartsWith($"→ {program} ", StringComparison.Ordinal))[2..];
            (await Network.OnHostAsync("sh", "-c", remedy)).Succeeded();
            Assert.Equal("outside", await host.FetchAsync("client", "http://outside.test/"));
            await FirewallIsAsync("good", $"{chain} lets the bridges' packets pass");
        }
        finally
        {
            (await Network.OnHostAsync("nft", "delete table " + chain[..chain.LastIndexOf(' ')])).Succeeded();
        }
    }

    private async Task<string> FirewallIsAsync(string state, string words)
    {
        string report = (await Network.OnHostAsync("env", "-u", "MVM_KERNEL", "-u", "MVM_INITRAMFS", TestEnvironment.Mvm, "doctor")).OutputText;
        Assert.Matches($"(?m)^{state} +firewall +{System.Text.RegularExpressions.Regex.Escape(words)}", report);
        return report;
    }

    private async Task IsPublishedAsync()
    {
        foreach (string url in new[] { "127.0.0.1:8080", "127.0.0.1:8081", $"{TestNetwork.HostAddress}:8080" })
        {
            Assert.Equal("web", (await Network.OnHostAsync("curl", "-s", "-m", "10", $"http://{url}/")).Succeeded());
        }

        Assert.Equal("web", (await Network.OutsideAsync("curl", "-s", "-m", "10", $"http://{TestNetwork.HostAddress}:8080/")).Succeeded());
        Assert.NotEqual(0, (await Network.OutsideAsync("curl", "-s", "-m", "2", $"http://{TestNetwork.HostAddress}:8081/")).ExitCode);
    }

    private Task<string> AddressAsync(string container, string network) =>
        host.MvmAsync("inspect", "-f", $"{{{{(index .NetworkSettings.Networks \"{network}\").IPAddress}}}}", container);
}
