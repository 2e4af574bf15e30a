using System.Diagnostics;

namespace MicroVm.Kvm.Tests.Infrastructure;

/// <summary>A daemon beside the service, whose guests have tests/kvm/hostile.c in the agent's place.</summary>
public sealed class HostileDaemon : IAsyncLifetime
{
    private Process? _process;

    public HostileDaemon() => Api = new(Socket);

    public string Root { get; } = Directory.CreateTempSubdirectory("mvm-").FullName;

    public EngineApi Api { get; }

    public bool HasExited => _process!.HasExited;

    private string Socket => $"{Root}/run/mvm.sock";

    private string Initramfs => Path.Combine(Root, "initramfs.cpio");

    public async ValueTask InitializeAsync()
    {
        await StartAsync();
        (await MvmAsync("load", "-q", "-i", Path.Combine(InstalledHost.Files, "busybox.tar"))).Succeeded();
    }

    public async ValueTask DisposeAsync()
    {
        Assert.Empty((await MvmAsync("ps", "-aq")).Succeeded());
        await KillAsync();
        Api.Dispose();
        Directory.Delete(Root, recursive: true);
    }

    /// <summary>What guests that are started from now on do.</summary>
    public void Arm(string attack)
    {
        File.Delete(Initramfs);
        File.CreateSymbolicLink(Initramfs, Path.Combine(InstalledHost.Files, $"hostile-{attack}.cpio"));
    }

    public async Task StartAsync()
    {
        _process = Command.Start(InstalledHost.Mvmd, ["--root", $"{Root}/root", "--run-dir", $"{Root}/run", "--initramfs", Initramfs, "--boot-timeout", "170"]);
        await Eventually.SucceedsAsync(Api.PingAsync);
    }

    public async Task KillAsync()
    {
        _process!.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
    }

    public Task<CommandResult> MvmAsync(params string[] arguments) =>
        Command.RunAsync(InstalledHost.Mvm, arguments, new Dictionary<string, string> { ["MVM_HOST"] = $"unix://{Socket}" });
}
