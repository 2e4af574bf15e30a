using MicroVm.Engine.Networks;
using MicroVm.Networks.Addresses;

namespace MicroVm.Engine.Tests.Networks;

public sealed class NetworkTableTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly List<Subnet> _routed = [];

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void ThePredefinedOnesAreThereAndStay()
    {
        NetworkTable table = Open();
        Assert.Equal(["bridge", "host", "none"], table.All.Select(network => network.Name));
        Assert.Equal(table.All, Open().All, (one, other) => one.Id == other.Id);
    }

    [Fact]
    public void ANetworkIsFoundByNameIdAndPrefix()
    {
        NetworkTable table = Open();
        NetworkRecord made = table.Add(new() { Name = "shop" });
        Assert.Same(made, table.Find("shop"));
        Assert.Same(made, table.Find(made.Id));
        Assert.Same(made, table.Find(made.Id[..12]));
        Assert.Equal("network nope not found", Assert.Throws<EngineException>(() => table.Find("nope")).Message);
        Assert.Equal(EngineErrorKind.NotFound, Assert.Throws<EngineException>(() => table.Find("")).Kind);
    }

    [Fact]
    public void SubnetsDoNotOverlapOthersNorTheHostsRoutes()
    {
        _routed.Add(new((172u << 24) | (16 << 16), 14));
        NetworkTable table = Open();
        Assert.Equal(("172.20.0.0/16", "172.20.0.1"), Addresses(table.Add(new() { Name = "one" })));
        Assert.Equal(("172.21.0.0/16", "172.21.0.1"), Addresses(table.WithSubnet(table.Find("bridge"))));
        Assert.Equal(("10.0.0.0/24", "10.0.0.9"), Addresses(table.Add(new() { Name = "own", Subnet = "10.0.0.0/24", Gateway = "10.0.0.9" })));
        EngineException refused = Assert.Throws<EngineException>(() => table.Add(new() { Name = "other", Subnet = "172.21.5.0/24" }));
        Assert.Equal((EngineErrorKind.Forbidden, "invalid pool request: Pool overlaps with other one on this address space"), (refused.Kind, refused.Message));
        Assert.Equal(EngineErrorKind.Conflict, Assert.Throws<EngineException>(() => table.Add(new() { Name = "own" })).Kind);
    }

    [Fact]
    public void AddressesAreGivenOnceAndBackAgain()
    {
        NetworkTable table = Open();
        NetworkRecord network = table.Add(new()
        {
            Name = "shop",
            Subnet = "10.0.0.0/29",
            Range = "10.0.0.4/31",
            AuxiliaryAddresses = new Dictionary<string, string> { ["router"] = "10.0.0.4" },
        });
        uint only = table.Take(network, "", preferred: null);
        Assert.Equal("10.0.0.5", Ipv4.Format(only));
        Assert.StartsWith("network shop has no address left", Assert.Throws<EngineException>(() => table.Take(network, "", null)).Message, StringComparison.Ordinal);
        Assert.Equal("Address already in use", Assert.Throws<EngineException>(() => table.Take(network, "10.0.0.5", null)).Message);
        Assert.Equal("Address already in use", Assert.Throws<EngineException>(() => table.Take(network, "10.0.0.4", null)).Message);
        Assert.Throws<EngineException>(() => table.Take(network, "not one", null));
        table.Release(network.Id, only);
        Assert.Equal(only, table.Take(network, "", preferred: null));
    }

    [Fact]
    public void ADamagedFileIsReportedAndLeftAlone()
    {
        NetworkRecord made = Open().Add(new() { Name = "shop" });
        string path = Path.Combine(_directory.Path, "networks", made.Id + ".json");
        File.WriteAllText(path, "{");
        List<string> reports = [];
        NetworkTable table = Open(reports.Add);
        Assert.StartsWith(path, Assert.Single(reports), StringComparison.Ordinal);
        Assert.Throws<EngineException>(() => table.Find("shop"));
        Assert.Equal("{", File.ReadAllText(path));
    }

    [Theory]
    [InlineData("", "", "", "", "invalid network name")]
    [InlineData("a b", "", "", "", "invalid network name")]
    [InlineData("../x", "", "", "", "invalid network name")]
    [InlineData("bridge", "", "", "", "predefined bridge network")]
    [InlineData("n", "10.0.0.0/31", "", "", "invalid subnet")]
    [InlineData("n", "fd00::/64", "", "", "invalid subnet")]
    [InlineData("n", "10.0.0.0/24", "10.0.1.0/25", "", "no matching subnet for range")]
    [InlineData("n", "10.0.0.0/24", "", "10.0.1.1", "no matching subnet for address")]
    [InlineData("n", "10.0.0.0/24", "", "10.0.0.255", "no matching subnet for address")]
    [InlineData("n", "", "", "10.0.0.1", "needs its subnet")]
    public void WhatCanNotBeIsRefused(string name, string subnet, string range, string gateway, string words)
    {
        EngineException refused = Assert.Throws<EngineException>(
            () => NetworkOptions.Check(new() { Name = name, Subnet = subnet, Range = range, Gateway = gateway }));
        Assert.Contains(words, refused.Message);
    }

    [Theory]
    [InlineData(NetworkOptions.BridgeName, "br\"; drop")]
    [InlineData(NetworkOptions.BridgeName, "0123456789abcdef")]
    [InlineData(NetworkOptions.Mtu, "67")]
    [InlineData(NetworkOptions.Mtu, "1e3")]
    [InlineData(NetworkOptions.ContainersConnect, "perhaps")]
    public void OptionsThatMeanNothingAreRefused(string option, string value) => Assert.Equal(
        EngineErrorKind.Invalid,
        Assert.Throws<EngineException>(() => NetworkOptions.Check(new() { Name = "n", Options = new Dictionary<string, string> { [option] = value } })).Kind);

    [Theory]
    [InlineData("02:42:ac:11:00:02", true)]
    [InlineData("02-42-AC-11-00-02", true)]
    [InlineData("01:00:5e:00:00:01", false)]
    [InlineData("00:00:00:00:00:00", false)]
    [InlineData("02:42:ac:11:00", false)]
    [InlineData("02:42:ac:11:00:02:03", false)]
    [InlineData("2:42:ac:11:00:02", false)]
    [InlineData("", false)]
    public void MacAddressesAreThoseOfOneInterface(string text, bool expected) => Assert.Equal(expected, NetworkService.TryParseMac(text) is not null);

    private static (string, string) Addresses(NetworkRecord network) => (network.Subnet, network.Gateway);

    private NetworkTable Open(Action<string>? onUnreadable = null)
    {
        NetworkTable table = new(new(new() { Root = _directory.Path, RunDirectory = _directory.Path, Kernel = "k", Initramfs = "i" }), () => _routed);
        table.Load(onUnreadable ?? (text => Assert.Fail(text)));
        return table;
    }
}
