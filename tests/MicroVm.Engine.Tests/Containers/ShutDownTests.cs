using MicroVm.Engine.Tests.InMemory;

namespace MicroVm.Engine.Tests.Containers;

/// <summary>The end of a VM whose disk is kept: what of it is worth a warning, and that it ends whatever the guest does.</summary>
public sealed class ShutDownTests()
    : InMemoryTests(new EngineOptions { Root = "", RunDirectory = "", Kernel = "", Initramfs = "", ShutdownTimeout = TimeSpan.FromSeconds(2) })
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(120);
    [Theory]
    [InlineData(null)]
    [InlineData(nameof(Farewell.AnswerLost))]
    [InlineData(nameof(Farewell.Stays))]
    public async Task AnOrdinaryEndIsNoWarning(string? farewell)
    {
        await EndAsync(farewell);
        Assert.Empty(_engine.Warnings.Lines);
    }

    [Theory]
    [InlineData(nameof(Farewell.HangsUp), "closed the channel")]
    [InlineData(nameof(Farewell.Mute), "no answer within 2 s")]
    [InlineData(nameof(Farewell.Garbage), "frame")]
    public async Task WhatWasNotBroughtInOrderIsTold(string farewell, string reason)
    {
        await EndAsync(farewell);
        string warning = Assert.Single(_engine.Warnings.Lines);
        Assert.Contains("did not shut down cleanly", warning, StringComparison.Ordinal);
        Assert.Contains(reason, warning, StringComparison.Ordinal);
    }

    private async Task EndAsync(string? farewell)
    {
        _hypervisor.Behavior = new() { Farewell = farewell is null ? null : Enum.Parse<Farewell>(farewell) };
        await _engine.RunAsync(new() { Image = "tiny", Command = ["exit", "0"] });
        using var limit = new CancellationTokenSource(s_limit);
        while (_hypervisor.Running.Count > 0)
        {
            await Task.Delay(20, limit.Token);
        }
    }
}
