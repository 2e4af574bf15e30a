using System.Diagnostics;
using System.Text;
using MicroVm.Integration.Tests.Infrastructure;

namespace MicroVm.Integration.Tests;

/// <summary>The channel to a guest breaks again and again while bytes are on their way in both directions: each arrives once.</summary>
[Collection<OwnDaemonCollection>]
public sealed class BrokenChannelTests(OwnDaemon own)
{
    private const int Length = 64 << 20;
    private const int Least = 5;
    private const int Most = 12;

    private readonly Random _random = new(4_711);

    [Fact]
    public async Task EveryByteArrivesOnce()
    {
        byte[] input = new byte[Length];
        _random.NextBytes(input);
        using Process run = own.Daemon.Start("mvm", "run", "--rm", "-i", "--network", "none", "busybox", "sh", "-c", "echo ready >&2; exec cat");
        Assert.Equal("ready", await run.StandardError.ReadLineAsync(TestContext.Current.CancellationToken));
        Task<CommandResult> end = Command.FinishAsync(run, input);
        int breaks = await Severance.RepeatAsync(end, own.Daemon.ProcessId, IsAgent, Most, () => TimeSpan.FromMilliseconds(_random.Next(120)));
        CommandResult result = await end;
        Assert.Equal((0, ""), (result.ExitCode, result.ErrorText));
        Assert.True(input.AsSpan().SequenceEqual(result.Output), $"{result.Output.Length} bytes came back");
        Assert.True(breaks >= Least, $"{breaks} breaks");
    }

    private static bool IsAgent(byte[] address) => Encoding.UTF8.GetString(address).Contains("/agent.sock", StringComparison.Ordinal);
}
