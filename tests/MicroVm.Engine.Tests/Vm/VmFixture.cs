using MicroVm.Engine.Containers;
using MicroVm.Hypervisor.Qemu;

namespace MicroVm.Engine.Tests.Vm;

/// <summary>An engine over real VMs, with a busybox image: the kernel and agent that `make` has built.</summary>
public sealed class VmFixture : IAsyncLifetime
{
    private TestEngine? _engine;

    internal TestEngine Engine => _engine!;

    internal ContainerService Service => Engine.Service;

    public async ValueTask InitializeAsync()
    {
        _engine = await TestEngine.OpenAsync(new QemuHypervisor(new() { Directory = TestEngine.HypervisorDirectory }), Options());
        await TestImage.LoadBusyboxAsync(_engine.Images);
    }

    public async ValueTask DisposeAsync()
    {
        if (_engine is not null)
        {
            await _engine.DisposeAsync();
        }
    }

    internal static ContainerSpec Busybox(params string[] command) =>
        new() { Image = "busybox", Command = command, NetworkMode = "none" };

    internal static ContainerSpec Shell(string script) => Busybox("sh", "-c", script);

    /// <summary>The kernel and agent that `make` has built.</summary>
    internal static EngineOptions Options()
    {
        string guest = GuestDirectory();
        return new()
        {
            Root = "",
            RunDirectory = "",
            Kernel = Path.Combine(guest, "vmlinux"),
            Initramfs = Path.Combine(guest, "initramfs.cpio"),
        };
    }

    /// <summary>.build/guest of the source tree that this test was built from.</summary>
    private static string GuestDirectory()
    {
        for (DirectoryInfo? directory = new(AppContext.BaseDirectory); directory is not null; directory = directory.Parent)
        {
            string guest = Path.Combine(directory.FullName, ".build", "guest");
            if (File.Exists(Path.Combine(guest, "vmlinux")))
            {
                return guest;
            }
        }

        throw new InvalidOperationException("no guest kernel: run `make kernel agent`");
    }
}
