using System.Text.Json;
using MicroVm.Daemon.Tests.Http;
using MicroVm.Engine.Networks;

namespace MicroVm.Daemon.Tests.Endpoints;

public sealed class NetworkEndpointTests : IAsyncLifetime
{
    private ApiTestServer _server = null!;

    public async ValueTask InitializeAsync()
    {
        _server = await ApiTestServer.StartAsync();
        NetworkEndpoint endpoint = new()
        {
            Id = new string('e', 64),
            Network = "shop",
            NetworkId = new string('a', 64),
            Address = "10.1.0.2",
            PrefixLength = 24,
            MacAddress = [2, 0x42, 10, 1, 0, 2],
        };
        _server.Networks.Add(new(
            new()
            {
                Id = new string('a', 64),
                Name = "shop",
                Created = DateTimeOffset.UnixEpoch,
                Subnet = "10.1.0.0/24",
                Range = "10.1.0.0/25",
                Gateway = "10.1.0.1",
                Labels = new Dictionary<string, string> { ["tier"] = "front" },
                AuxiliaryAddresses = new Dictionary<string, string> { ["router"] = "10.1.0.9" },
            },
            [new(new string('1', 64), "web", endpoint)]));
    }

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    [Fact]
    public async Task ANetworkHasItsContainers()
    {
        JsonElement network = await _server.GetJsonAsync("/v1.50/networks/shop");
        Assert.Equal(("shop", "bridge", "local"), (network.GetProperty("Name").GetString(), network.GetProperty("Driver").GetString(), network.GetProperty("Scope").GetString()));
        Assert.Equal(
            """{"Subnet":"10.1.0.0/24","IPRange":"10.1.0.0/25","Gateway":"10.1.0.1","AuxiliaryAddresses":{"router":"10.1.0.9"}}""",
            network.GetProperty("IPAM").GetProperty("Config")[0].GetRawText());
        Assert.Equal(
            "{\"Name\":\"web\",\"EndpointID\":\"" + new string('e', 64) + "\",\"MacAddress\":\"02:42:0a:01:00:02\",\"IPv4Address\":\"10.1.0.2/24\",\"IPv6Address\":\"\"}",
            network.GetProperty("Containers").GetProperty(new string('1', 64)).GetRawText());
    }

    [Theory]
    [InlineData("", "bridge,none,shop")]
    [InlineData("""{"name":["sho"]}""", "shop")]
    [InlineData("""{"driver":["null"]}""", "none")]
    [InlineData("""{"type":["builtin"]}""", "bridge,none")]
    [InlineData("""{"label":["tier=front"]}""", "shop")]
    [InlineData("""{"id":["aaaa"]}""", "shop")]
    [InlineData("""{"dangling":["true"]}""", "")]
    [InlineData("""{"scope":["swarm"]}""", "")]
    public async Task FiltersChoose(string filters, string expected)
    {
        JsonElement list = await _server.GetJsonAsync("/v1.50/networks?filters=" + Uri.EscapeDataString(filters));
        Assert.Equal(expected, string.Join(',', list.EnumerateArray().Select(network => network.GetProperty("Name").GetString())));
    }

    [Fact]
    public async Task CreateCarriesEveryFieldOver()
    {
        RawResponse response = await _server.SendAsync("POST", "/v1.50/networks/create", """
            {"Name":"n","CheckDuplicate":true,"Driver":"bridge","Internal":true,"Attachable":true,"Labels":{"a":"b"},"Options":{"com.docker.network.driver.mtu":"1400"},
             "IPAM":{"Driver":"default","Config":[{"Subnet":"10.9.0.0/16","IPRange":"10.9.1.0/24","Gateway":"10.9.0.254","AuxiliaryAddresses":{"x":"10.9.0.3"}}]}}
            """);
        Assert.Equal((201, "{\"Id\":\"" + new string('d', 64) + "\",\"Warning\":\"\"}\n"), (response.Status, response.Body));
        NetworkRequest request = Assert.Single(_server.Networks.Requests);
        Assert.Equal(("n", "bridge", true, true), (request.Name, request.Driver, request.IsInternal, request.IsAttachable));
        Assert.Equal(("10.9.0.0/16", "10.9.1.0/24", "10.9.0.254"), (request.Subnet, request.Range, request.Gateway));
        Assert.Equal("b 1400 10.9.0.3", $"{request.Labels["a"]} {request.Options["com.docker.network.driver.mtu"]} {request.AuxiliaryAddresses["x"]}");
    }

    [Theory]
    [InlineData("""{"Name":"n","EnableIPv6":true}""", "IPv6")]
    [InlineData("""{"Name":"n","Ingress":true}""", "swarm")]
    [InlineData("""{"Name":"n","IPAM":{"Driver":"dhcp"}}""", "dhcp")]
    [InlineData("""{"Name":"n","IPAM":{"Config":[{},{}]}}""", "one subnet")]
    public async Task WhatIsNotDoneIsRefused(string body, string words)
    {
        RawResponse response = await _server.SendAsync("POST", "/v1.50/networks/create", body);
        Assert.Equal(501, response.Status);
        Assert.Contains(words, response.Body);
        Assert.Empty(_server.Networks.Requests);
    }

    [Fact]
    public async Task ContainersAreConnectedAndDisconnected()
    {
        await _server.SendAsync("POST", "/v1.50/networks/shop/connect", """
            {"Container":"web","EndpointConfig":{"Aliases":["a","b"],"IPAMConfig":{"IPv4Address":"10.1.0.7"},"MacAddress":"02:00:00:00:00:01"}}
            """);
        await _server.SendAsync("POST", "/v1.50/networks/shop/disconnect", """{"Container":"web","Force":true}""");
        Assert.Equal(["+shop web 10.1.0.7 02:00:00:00:00:01 a,b", "-shop web True"], _server.Networks.Changes);
        Assert.Equal(400, (await _server.SendAsync("POST", "/v1.50/networks/shop/connect", "{}")).Status);
    }

    [Fact]
    public async Task RemovalsSayWhatTheyDid()
    {
        RawResponse refused = await _server.SendAsync("DELETE", "/v1.50/networks/bridge");
        Assert.Equal((403, "{\"message\":\"bridge is a pre-defined network and cannot be removed\"}\n"), (refused.Status, refused.Body));
        Assert.Equal("{\"NetworksDeleted\":[\"shop\"]}\n", (await _server.SendAsync("POST", "/v1.50/networks/prune")).Body);
        Assert.Equal("{\"NetworksDeleted\":[]}\n", (await _server.SendAsync("POST", "/v1.50/networks/prune?filters=%7B%22label%22%3A%5B%22other%22%5D%7D")).Body);
        Assert.Equal(204, (await _server.SendAsync("DELETE", "/v1.50/networks/aaaa")).Status);
        Assert.Equal(404, (await _server.SendAsync("DELETE", "/v1.50/networks/shop")).Status);
    }
}
