namespace MicroVm.Hypervisor.Tests;

public sealed class KernelCommandLineTests
{
    [Theory]
    [InlineData("tcg", 1, 2596128u, "nolapic_timer no_timer_check tsc=reliable lpj=4000000 tsc_early_khz=2596128 ")]
    [InlineData("tcg", 2, 2596128u, "fb_tunnels=none no_timer_check tsc=reliable lpj=4000000 tsc_early_khz=2596128 ")]
    [InlineData("tcg", 1, null, "lpj=4000000 virtio_mmio")]
    [InlineData("kvm", 1, 2596128u, "fb_tunnels=none virtio_mmio")]
    public void ClocksAreToldUnderEmulationOnly(string accelerator, int vcpus, uint? kilohertz, string expected) =>
        Assert.Contains(expected, KernelCommandLine.Build(accelerator, vcpus, kilohertz), StringComparison.Ordinal);

    [Fact]
    public void EverySlotIsNamed()
    {
        string line = KernelCommandLine.Build("kvm", 1, null);
        Assert.Equal(Slot.Count, line.Split("virtio_mmio.device=").Length - 1);
        Assert.EndsWith("512@0xfeb00e00:12", line, StringComparison.Ordinal);
    }

    /// <summary>A template's is a VM's, and what its agent needs beside.</summary>
    [Fact]
    public void ATemplatesIsThatOfItsVms() => Assert.Equal(
        KernelCommandLine.Build("tcg", 1, 2_000_000) + " qemu_fw_cfg.ioport=2@0x510", KernelCommandLine.BuildTemplate("tcg", 1, 2_000_000));
}
