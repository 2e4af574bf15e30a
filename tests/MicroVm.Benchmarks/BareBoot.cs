using MicroVm.Engine;
using MicroVm.Engine.Containers;
using MicroVm.Hypervisor;
using MicroVm.Hypervisor.Qemu;

namespace MicroVm.Benchmarks;

/// <summary>The least that a VM start can cost: the product's board, CPU, memory and kernel, and no device.</summary>
internal static class BareBoot
{
    /// <summary>A shell's command line that ends when the guest restarts.</summary>
    public static string CommandLine(string kernel, string initramfs)
    {
        var hypervisor = new QemuHypervisor(new HypervisorOptions { Directory = AppContext.BaseDirectory });
        var defaults = new EngineOptions { Root = "/", RunDirectory = "/", Kernel = kernel, Initramfs = initramfs };
        int vcpus = VmSpecs.DefaultVCpus(defaults, hypervisor.Info);
        string started = GuestFiles.KernelFor(kernel, hypervisor.Info.Accelerator);
        return string.Join(' ', hypervisor.BareCommand(started, initramfs, vcpus, defaults.DefaultMemory).Select(Quote));
    }

    private static string Quote(string argument) => $"'{argument.Replace("'", "'\\''", StringComparison.Ordinal)}'";
}
