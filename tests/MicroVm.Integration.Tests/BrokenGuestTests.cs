using System.Diagnostics;
using MicroVm.Integration.Tests.Infrastructure;

namespace MicroVm.Integration.Tests;

/// <summary>Guests that boot into something else than our agent: the client is told what happened, and nothing stays.</summary>
public sealed class BrokenGuestTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("mvm-guest-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public async Task AGuestThatEndsAtBootIsToldOf() =>
        await RunIsRefusedAsync(await GuestImage.CompileAsync("tests/bench/init.c", _directory), "the virtual machine ended while it booted: guest stopped");

    [Fact]
    public async Task AnAgentThatSendsNoiseIsToldOf() =>
        await RunIsRefusedAsync(await GuestImage.CompileAsync("tests/guest/garbage.c", _directory), "the guest agent broke the protocol");

    [Fact]
    public async Task AKernelThatPanicsIsToldOf()
    {
        string empty = Path.Combine(_directory, "empty.cpio");
        await File.WriteAllBytesAsync(empty, new byte[512], TestContext.Current.CancellationToken);
        await RunIsRefusedAsync(empty, "Kernel panic");
    }

    [Fact]
    public async Task AnAgentThatNeverAnswersIsGivenUp() => await RunIsRefusedAsync(
        await GuestImage.CompileAsync("tests/guest/silent.c", _directory), "the virtual machine did not boot within 3 seconds", ", \"boot-timeout\": 3");

    /// <summary>Docker's client words it in its own way.</summary>
    [Theory]
    [CombinatorialClients]
    public async Task AMachineThatIsLostIsToldOf(string client)
    {
        await using Daemon daemon = await Daemon.StartAsync();
        await daemon.LoadBusyboxAsync();
        using Process run = daemon.Start(client, "run", "--rm", "--network", "none", "busybox", "sh", "-c", "echo ready; sleep 100000");
        Assert.Equal((byte)'r', run.StandardOutput.BaseStream.ReadByte());
        (await Command.RunAsync("kill", ["-TERM", $"{Assert.Single(daemon.VmmProcesses())}"])).Succeeded();
        (await Command.FinishAsync(run)).Failed(125, "the virtual machine ended: ");
    }

    private static async Task RunIsRefusedAsync(string initramfs, string text, string settings = "")
    {
        await using Daemon daemon = await Daemon.StartAsync($$"""{"initramfs": "{{initramfs}}", "warm-start": false{{settings}}}""");
        await daemon.LoadBusyboxAsync();
        string[] run = ["run", "--rm", "--network", "none", "busybox", "true"];
        (await daemon.MvmAsync(run)).Refused("mvm", 125, text); // Makes the templates and disks that are kept.
        foreach (string client in CombinatorialClientsAttribute.Clients)
        {
            var before = Footprint.Of(daemon);
            (await daemon.ClientAsync(client, run)).Refused(client, 125, text);
            await before.UnchangedAsync();
        }
    }
}
