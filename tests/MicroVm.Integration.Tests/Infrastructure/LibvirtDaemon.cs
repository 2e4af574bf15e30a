using System.Diagnostics;

namespace MicroVm.Integration.Tests.Infrastructure;

/// <summary>A libvirtd that shares nothing with the host's: its state and configuration are in a mount namespace of its own.</summary>
internal sealed class LibvirtDaemon : IAsyncDisposable
{
    private const string Script = """
        for d in /run/libvirt /var/lib/libvirt /var/log/libvirt /var/cache/libvirt /etc/libvirt; do
            mkdir -p "$d" && mount -t tmpfs tmpfs "$d" || exit 1
        done
        printf 'security_driver = "none"\nnamespaces = []\ncgroup_controllers = []\nstdio_handler = "file"\n' > /etc/libvirt/qemu.conf
        printf 'unix_sock_dir = "%s"\nauth_unix_rw = "none"\nauth_unix_ro = "none"\n' "$0" > "$0/libvirtd.conf"
        exec libvirtd -f "$0/libvirtd.conf" -p "$0/libvirtd.pid" >"$0/log" 2>&1
        """;

    private readonly string _directory = Directory.CreateTempSubdirectory("mvm-lvd").FullName;
    private readonly Process _process;

    private LibvirtDaemon() => _process = Process.Start(new ProcessStartInfo("unshare", ["-m", "sh", "-c", Script, _directory]))!;

    public string Uri => $"qemu+unix:///system?socket={_directory}/libvirt-sock&mode=direct";

    public static async Task<LibvirtDaemon> StartAsync()
    {
        var daemon = new LibvirtDaemon();
        for (int attempt = 0; (await daemon.VirshAsync("list")).ExitCode != 0; attempt++)
        {
            Assert.False(daemon._process.HasExited || attempt > 300, "libvirtd does not start");
            await Task.Delay(50);
        }

        return daemon;
    }

    public Task<CommandResult> VirshAsync(params string[] arguments) => Command.RunAsync("virsh", ["-q", "-c", Uri, .. arguments]);

    public async Task StopAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _process.Dispose();
        Directory.Delete(_directory, recursive: true);
    }
}
