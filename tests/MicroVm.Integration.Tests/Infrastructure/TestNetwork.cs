using System.Diagnostics;
using System.Globalization;

namespace MicroVm.Integration.Tests.Infrastructure;

/// <summary>
/// Two hosts' networks of the test's own, a cable between them: a daemon lives on one, the other is what containers call outside. It
/// serves a page and resolves every name to itself. This host's network is neither.
/// </summary>
public sealed class TestNetwork : IAsyncDisposable
{
    public const string HostAddress = "10.99.0.1";
    public const string OutsideAddress = "10.99.0.2";
    public const string OutsidePage = "outside";

    // Each name has one address, and nothing else.
    private const string NameServer = """
        use IO::Socket::INET;
        my $s = IO::Socket::INET->new(LocalAddr => "10.99.0.2", LocalPort => 53, Proto => "udp") or die "$!";
        while (defined $s->recv(my $q, 4096)) {
            my $is = unpack("n", substr($q, -4)) == 1;
            my $answer = $is ? "\xc0\x0c\0\1\0\1\0\0\0\5\0\4\x0a\x63\0\2" : "";
            $s->send(substr($q, 0, 2) . "\x81\x80\0\1\0" . chr($is) . "\0\0\0\0" . substr($q, 12) . $answer);
        }
        """;

    private readonly string _directory = Directory.CreateTempSubdirectory("mvm-net-").FullName;
    private readonly List<Process> _processes = [];
    private int _host;
    private int _outside;

    /// <summary>What a daemon that lives here is started with.</summary>
    public IReadOnlyDictionary<string, string> DaemonEnvironment => new Dictionary<string, string>
    {
        ["NETNS"] = Text(_host),
        ["RESOLV"] = Path.Combine(_directory, "resolv.conf"),
        ["MVM_NETWORK"] = "bridge",
    };

    public static async Task<TestNetwork> StartAsync()
    {
        TestNetwork network = new();
        network._host = await network.NamespaceAsync();
        network._outside = await network.NamespaceAsync();
        await File.WriteAllTextAsync(Path.Combine(network._directory, "resolv.conf"), $"nameserver {OutsideAddress}\n");
        await File.WriteAllTextAsync(Path.Combine(network._directory, "index.html"), OutsidePage + "\n");
        (await network.OnHostAsync("sh", "-c", $"""
            ip link set lo up && ip link add up0 type veth peer name up1 && ip link set up1 netns {network._outside} &&
            ip address add {HostAddress}/24 dev up0 && ip link set up0 up
            """)).Succeeded();
        (await network.OutsideAsync("sh", "-c", $"ip link set lo up && ip address add {OutsideAddress}/24 dev up1 && ip link set up1 up")).Succeeded();
        network.Serve("busybox", "httpd", "-f", "-p", "80", "-h", network._directory);
        network.Serve("perl", "-e", NameServer);
        await network.WaitAsync();
        return network;
    }

    public Task<CommandResult> OnHostAsync(params string[] command) => Command.RunAsync("nsenter", In(_host, command));

    public Task<CommandResult> OutsideAsync(params string[] command) => Command.RunAsync("nsenter", In(_outside, command));

    /// <summary>Names of the interfaces on the daemon's side.</summary>
    public async Task<string> LinksAsync() => (await OnHostAsync("sh", "-c", "ip -o link | cut -d : -f 2")).Succeeded();

    /// <summary>What filters packets there.</summary>
    public async Task<string> RulesAsync() => (await OnHostAsync("nft", "list", "ruleset")).Succeeded();

    public async ValueTask DisposeAsync()
    {
        foreach (Process process in Enumerable.Reverse(_processes))
        {
            process.Kill();
            await process.WaitForExitAsync();
            process.Dispose();
        }

        Directory.Delete(_directory, recursive: true);
    }

    private void Serve(params string[] command) => _processes.Add(Command.Start("nsenter", In(_outside, command)));

    /// <summary>The servers listen.</summary>
    private async Task WaitAsync()
    {
        for (int attempt = 0; (await OutsideAsync("sh", "-c", "ss -Hlnu sport = 53 | grep -q . && ss -Hlnt sport = 80 | grep -q .")).ExitCode != 0; attempt++)
        {
            Assert.True(attempt < 200, "the servers outside do not start");
            await Task.Delay(50);
        }
    }

    /// <summary>A process that keeps one.</summary>
    private async Task<int> NamespaceAsync()
    {
        Process keeper = Command.Start("unshare", ["-n", "sleep", "infinity"]);
        _processes.Add(keeper);
        string own = File.ResolveLinkTarget("/proc/self/ns/net", returnFinalTarget: false)!.Name;
        while (File.ResolveLinkTarget($"/proc/{keeper.Id}/ns/net", returnFinalTarget: false)!.Name == own)
        {
            await Task.Delay(10);
        }

        return keeper.Id;
    }

    private static string[] In(int owner, string[] command) => ["-t", Text(owner), "-n", .. command];

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
