using System.Diagnostics;
using MicroVm.Networks.Addresses;
using MicroVm.Networks.Firewall;
using MicroVm.Networks.Host;

namespace MicroVm.Networks.Tests.Firewall;

public sealed class RulesetTests
{
    private static readonly BridgeSpec s_open = new("br-open", "a1", new((10u << 24) + (1 << 16), 24), (10u << 24) + (1 << 16) + 1, 0, false, false);
    private static readonly BridgeSpec s_inner = new("br-inner", "a2", new((10u << 24) + (2 << 16), 24), (10u << 24) + (2 << 16) + 1, 0, true, false);
    private static readonly GuestPort s_guest = new(s_open, "mv12345aaaaaaaa", (10u << 24) + (1 << 16) + 2, Ipv4.MacOf((10u << 24) + (1 << 16) + 2));
    private static readonly Ruleset s_rules = new("12345");

    [Fact]
    public void AGuestMaySendFromItsOwnAddressesAlone()
    {
        string text = s_rules.Build(Everything());
        Assert.Contains("\"mv12345aaaaaaaa\" . 02:42:0a:01:00:02 . 10.1.0.2", text);
        Assert.Contains("iifname \"mv12345*\" jump guest", text);
        Assert.StartsWith("mv12345", s_guest.Tap, StringComparison.Ordinal);
    }

    [Fact]
    public void PortsGoToTheirGuests()
    {
        string text = s_rules.Build(Everything());
        Assert.Contains("\n tcp dport 8080 dnat to 10.1.0.2:80\n", text);
        Assert.Contains("\n ip daddr 127.0.0.1 udp dport 53 dnat to 10.1.0.2:53\n", text);
    }

    [Fact]
    public void AnInternalNetworkIsNotTranslated()
    {
        string text = s_rules.Build(Everything());
        Assert.Contains("ip saddr 10.1.0.0/24 oifname != \"br-open\" masquerade", text);
        Assert.DoesNotContain("ip saddr 10.2.0.0/24 oifname != ", text);
    }

    [Fact]
    public void AHostThatPassedNothingOnIsNoRouterForItsUplinks()
    {
        Assert.Contains("set uplinks {\n type ifname\n}", s_rules.Build(Everything()));
        Assert.Contains("set uplinks {\n type ifname\n elements = {\n  \"eth0\"\n }", s_rules.Build(Everything() with { ShutUplinks = ["eth0", "odd:name"] }));
    }

    [Theory]
    [InlineData("br\"; flush ruleset; #")]
    [InlineData("br 0")]
    [InlineData("")]
    [InlineData("0123456789abcdef")]
    public void ANameThatIsNoneNeverReachesNft(string name) =>
        Assert.Throws<ArgumentException>(() => s_rules.Build(Everything() with { Bridges = [s_open with { Name = name }] }));

    /// <summary>nft itself takes it, twice, in a network of its own; no other table is touched.</summary>
    [Fact]
    public async Task NftTakesIt()
    {
        string directory = Directory.CreateTempSubdirectory("mvm-nft-").FullName;
        try
        {
            string everything = Path.Combine(directory, "everything"), nothing = Path.Combine(directory, "nothing"), clear = Path.Combine(directory, "clear");
            await File.WriteAllTextAsync(everything, s_rules.Build(Everything() with { ShutUplinks = ["eth0"] }), TestContext.Current.CancellationToken);
            await File.WriteAllTextAsync(nothing, s_rules.Build(new([], [], [], [])), TestContext.Current.CancellationToken);
            await File.WriteAllTextAsync(clear, s_rules.Clear(), TestContext.Current.CancellationToken);
            string output = await RunAsync(
                $"nft add table ip other && nft -f {everything} && nft -f {nothing} && nft -f {everything} && nft list tables && nft -f {clear} && echo -- && nft list tables");
            Assert.Equal("table ip other\ntable bridge mvm_12345\ntable ip mvm_12345\n--\ntable ip other\n", output);
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    private static FirewallState Everything() => new(
        [s_open, s_inner], [s_guest], [new(0, 8080, s_guest, 80, "tcp"), new((127u << 24) + 1, 53, s_guest, 53, "udp")], ShutUplinks: []);

    private static async Task<string> RunAsync(string script)
    {
        using Process process = Process.Start(new ProcessStartInfo("unshare", ["-n", "sh", "-c", script]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        string error = await process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        string output = await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.True(process.ExitCode == 0, error);
        return output;
    }
}
