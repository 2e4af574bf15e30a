using System.Diagnostics;
using MicroVm.Kvm.Tests.Infrastructure;

namespace MicroVm.Kvm.Tests;

/// <summary>
/// Guests whose agent is tests/kvm/hostile.c: each is refused with one line, ends, and costs the daemon nothing. They have a daemon
/// of their own beside the service.
/// </summary>
public sealed class HostileGuestTests : IAsyncLifetime
{
    private readonly string _directory = Directory.CreateTempSubdirectory("mvm-").FullName;
    private Process? _daemon;

    private string Initramfs => Path.Combine(_directory, "initramfs.cpio");

    private Dictionary<string, string> Client => new() { ["MVM_HOST"] = $"unix://{_directory}/run/mvm.sock" };

    public async ValueTask InitializeAsync()
    {
        await StartDaemonAsync();
        (await MvmAsync("load", "-q", "-i", Path.Combine(InstalledHost.Files, "busybox.tar"))).Succeeded();
    }

    public async ValueTask DisposeAsync()
    {
        Assert.Empty((await MvmAsync("ps", "-aq")).Succeeded());
        await KillDaemonAsync();
        Directory.Delete(_directory, recursive: true);
    }

    [Fact]
    public async Task EachIsRefusedInOneLineAndTheDaemonServesOn()
    {
        (string Attack, string Answer)[] attacks =
        [
            ("noise", "the guest agent broke the protocol: no preamble in the first 64 MiB of its answer"),
            ("silence", "the guest closed the channel"),
            ("giant", "the guest agent broke the protocol: a frame of 2147483647 bytes"),
            ("empty", "the guest agent broke the protocol: "),
            ("garble", "the guest agent broke the protocol: "),
            ("imposter", "the guest agent broke the protocol: a wrong token"),
            ("stranger", "the guest agent broke the protocol: stream 7 was not opened"),
            ("vanish", "the virtual machine ended while it booted"),
        ];
        foreach ((string attack, string answer) in attacks)
        {
            Arm(attack);
            CommandResult result = await RunAsync("--rm", "busybox", "true");
            result.Failed(125, answer);
            Assert.Equal(1, result.ErrorText.Count(c => c == '\n'));
        }

        Assert.False(_daemon!.HasExited);
    }

    [Fact]
    public async Task OneThatTurnsOnANewDaemonDoesNotKeepItFromStarting()
    {
        Arm("turncoat");
        string id = (await RunAsync("-d", "busybox", "true")).Succeeded();
        await KillDaemonAsync();
        await StartDaemonAsync();
        Assert.Equal("exited", (await MvmAsync("inspect", "--format", "{{.State.Status}}", id)).Succeeded());
        (await MvmAsync("rm", id)).Succeeded();
        Assert.DoesNotContain(InstalledHost.VmmProcesses().Values, arguments => arguments.Any(a => a.Contains(_directory, StringComparison.Ordinal)));
    }

    private async Task StartDaemonAsync()
    {
        string socket = $"{_directory}/run/mvm.sock";
        if (File.Exists(socket))
        {
            File.Delete(socket);
        }

        _daemon = Command.Start(InstalledHost.Mvmd, ["--root", $"{_directory}/root", "--run-dir", $"{_directory}/run", "--initramfs", Initramfs]);
        await Eventually.IsTrueAsync(() => Task.FromResult(File.Exists(socket)), "no daemon");
    }

    private async Task KillDaemonAsync()
    {
        _daemon!.Kill();
        await _daemon.WaitForExitAsync();
        _daemon.Dispose();
    }

    private void Arm(string attack)
    {
        File.Delete(Initramfs);
        File.CreateSymbolicLink(Initramfs, Path.Combine(InstalledHost.Files, $"hostile-{attack}.cpio"));
    }

    private Task<CommandResult> RunAsync(params string[] arguments) => MvmAsync(["run", "--network", "none", "-m", "128m", .. arguments]);

    private Task<CommandResult> MvmAsync(params string[] arguments) => Command.RunAsync(InstalledHost.Mvm, arguments, Client);
}
