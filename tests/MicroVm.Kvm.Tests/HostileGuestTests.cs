using MicroVm.Kvm.Tests.Infrastructure;

namespace MicroVm.Kvm.Tests;

/// <summary>Guests that have turned on their host: each is refused with one line, ends, and costs the daemon nothing.</summary>
public sealed class HostileGuestTests(HostileDaemon daemon) : IClassFixture<HostileDaemon>
{
    [Theory]
    [InlineData("noise", "the guest agent broke the protocol: no preamble in the first 64 MiB of its answer")]
    [InlineData("silence", "the guest closed the channel")]
    [InlineData("giant", "the guest agent broke the protocol: a frame of 2147483647 bytes")]
    [InlineData("empty", "the guest agent broke the protocol: ")]
    [InlineData("garble", "the guest agent broke the protocol: ")]
    [InlineData("imposter", "the guest agent broke the protocol: a wrong token")]
    [InlineData("stranger", "the guest agent broke the protocol: stream 7 was not opened")]
    [InlineData("vanish", "the virtual machine ended while it booted")]
    public async Task OneIsRefusedInOneLineAndTheDaemonServesOn(string attack, string answer)
    {
        daemon.Arm(attack);
        string id = await daemon.Api.CreateAsync("true");
        string? refusal = await daemon.Api.StartAsync(id);
        Assert.Contains(answer, refusal, StringComparison.Ordinal);
        Assert.DoesNotContain(refusal!, char.IsControl);
        await daemon.Api.RemoveAsync(id);
        await NothingIsLeftAsync();
    }

    [Fact]
    public async Task TheClientTellsOfOneInOneLine()
    {
        daemon.Arm("imposter");
        CommandResult result = await daemon.MvmAsync("run", "--rm", "--network", "none", "busybox", "true");
        result.Failed(125, "the guest agent broke the protocol: a wrong token");
        Assert.Equal(1, result.ErrorText.Count(c => c == '\n'));
        await NothingIsLeftAsync();
    }

    [Fact]
    public async Task OneThatTurnsOnANewDaemonDoesNotKeepItFromStarting()
    {
        daemon.Arm("turncoat");
        string id = await daemon.Api.CreateAsync("true");
        Assert.Null(await daemon.Api.StartAsync(id));
        await daemon.KillAsync();
        await daemon.StartAsync();
        Assert.Equal("exited", (await daemon.Api.StateAsync(id)).GetProperty("Status").GetString());
        await daemon.Api.RemoveAsync(id);
        await NothingIsLeftAsync();
    }

    private async Task NothingIsLeftAsync()
    {
        Assert.False(daemon.HasExited);
        await InstalledHost.NoVmIsLeftAsync();
    }
}
