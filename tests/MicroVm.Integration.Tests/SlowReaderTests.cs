using System.Globalization;
using System.Net.Sockets;
using System.Text;
using MicroVm.Integration.Tests.Infrastructure;

namespace MicroVm.Integration.Tests;

/// <summary>Clients that ask for output and do not read it cost the daemon a bounded amount of memory, and nothing is lost.</summary>
[Collection(typeof(OwnDaemonCollection))]
public sealed class SlowReaderTests(OwnDaemon own)
{
    private const int Clients = 16;
    private const int Lines = 500_000; // Of 64 bytes: 32 MB.
    private const long Bound = 64L << 20; // Were it kept for each client: eight times that.

    private static readonly TimeSpan s_still = TimeSpan.FromSeconds(3);

    private Daemon Daemon => own.Daemon;

    [Fact]
    public async Task AFloodIsHeldBackByClientsThatDoNotRead()
    {
        const string Flood = "yes 0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcde | head -n 500000";
        string id = (await Daemon.MvmAsync("create", "--network", "none", "--name", "flood", "busybox", "sh", "-c", Flood)).Succeeded();
        long before = Resident();
        List<Socket> clients = [];
        for (int i = 0; i < Clients; i++)
        {
            clients.Add(await AskAsync($"POST /v1.41/containers/{id}/attach?stream=1&stdout=1&stderr=1", "Connection: Upgrade\r\nUpgrade: tcp\r\n"));
        }

        (await Daemon.MvmAsync("start", "flood")).Succeeded();
        Assert.InRange(await PeakUntilStillAsync(id) - before, 0, Bound);
        clients.ForEach(client => client.Dispose());
        Assert.Equal("0", (await Daemon.MvmAsync("wait", "flood")).Succeeded());
        Assert.Equal(Lines, (await Daemon.MvmAsync("logs", "flood")).OutputText.AsSpan().Count('\n'));
        await LogsThatNobodyReadsAsync(id);
        (await Daemon.MvmAsync("rm", "flood")).Succeeded();
    }

    private async Task LogsThatNobodyReadsAsync(string id)
    {
        long before = Resident();
        List<Socket> clients = [];
        for (int i = 0; i < Clients; i++)
        {
            clients.Add(await AskAsync($"GET /v1.41/containers/{id}/logs?stdout=1&stderr=1&follow={i % 2}", ""));
        }

        Assert.InRange(await PeakUntilStillAsync(id) - before, 0, Bound);
        clients.ForEach(client => client.Dispose());
    }

    private async Task<Socket> AskAsync(string request, string headers)
    {
        Socket socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await socket.ConnectAsync(new UnixDomainSocketEndPoint(Daemon.Socket));
        await socket.SendAsync(Encoding.ASCII.GetBytes($"{request} HTTP/1.1\r\nHost: mvm\r\n{headers}Content-Length: 0\r\n\r\n"));

        // The answer has begun; what follows stays where it is.
        await socket.ReceiveAsync(new byte[16], SocketFlags.None);
        return socket;
    }

    /// <summary>The daemon's memory while the log grows, and a while longer.</summary>
    private async Task<long> PeakUntilStillAsync(string id)
    {
        string log = Path.Combine(Daemon.Root, "containers", id);
        long peak = 0;
        long size = -1;
        for (DateTime still = DateTime.UtcNow + s_still; DateTime.UtcNow < still; await Task.Delay(50))
        {
            peak = Math.Max(peak, Resident());
            long now = new DirectoryInfo(log).EnumerateFiles("*-json.log").Sum(file => file.Length);
            still = now == size ? still : DateTime.UtcNow + s_still;
            size = now;
        }

        return peak;
    }

    private long Resident()
    {
        string line = File.ReadLines($"/proc/{Daemon.ProcessId}/status").Single(line => line.StartsWith("VmRSS:", StringComparison.Ordinal));
        return long.Parse(line.AsSpan("VmRSS:".Length, line.Length - "VmRSS: kB".Length), CultureInfo.InvariantCulture) << 10;
    }
}
