using MicroVm.Hypervisor.Tests.Drivers;

namespace MicroVm.Hypervisor.Tests.Jail;

/// <summary>
/// What differs where libvirt starts QEMU. It keeps the host's process numbers, since libvirt binds QEMU's threads to processors
/// by the numbers that QEMU tells it: in a namespace of its own those would be other processes'; the filter keeps it from those. And the jail shows the program that kept
/// it until QEMU had entered.
/// </summary>
public sealed class LibvirtJailTests(EmbeddedLibvirt libvirt) : JailTests
{
    protected override Task<IHypervisor> OpenAsync() => Task.FromResult<IHypervisor>(libvirt.Hypervisor);

    protected override IReadOnlyList<string> OtherFiles(VmSpec spec) =>
        [.. base.OtherFiles(spec), .. Directory.GetFiles(Path.Combine(libvirt.Options.Directory, "emulator"), "mvm-emulator", SearchOption.AllDirectories)];

    /// <summary>No first process of the jail stays beside it, as there is with the other driver.</summary>
    [Fact]
    public async Task ItsJailIsKeptByItAlone()
    {
        string own = new FileInfo($"/proc/{Process}/ns/mnt").LinkTarget!;
        await UntilAsync(() => Directory.GetDirectories("/proc").Count(d => new FileInfo(Path.Combine(d, "ns/mnt")).LinkTarget == own) == 1);
    }
}
