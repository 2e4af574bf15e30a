using System.Globalization;
using System.Text;

namespace MicroVm.Hypervisor;

/// <summary>The guest kernel's command line (Documentation/admin-guide/kernel-parameters.txt), in one place.</summary>
public static class KernelCommandLine
{
    // Messages from errors up reach the console; panic=-1 restarts at once, which ends the VM.
    private const string Common = "console=ttyS0 loglevel=4 reboot=t panic=-1 oops=panic noreplace-smp rcupdate.rcu_expedited=1 random.trust_cpu=on dummy.numdummies=0 fb_tunnels=none";

    // Emulation: without these the kernel spends a third of its boot on measuring clocks against each other.
    private const string Emulated = "nolapic_timer no_timer_check tsc=reliable lpj=4000000";

    // The kernel reads fw_cfg for the agent, whose own port I/O an emulated processor that runs KVM takes for forbidden in a restored VM.
    private const string Template = " qemu_fw_cfg.ioport=2@0x510";

    /// <summary>Of a VM that others are restored from.</summary>
    /// <inheritdoc cref="Build"/>
    public static string BuildTemplate(string accelerator, int vcpus, uint? tscKilohertz) => Build(accelerator, vcpus, tscKilohertz) + Template;

    /// <param name="accelerator">kvm or tcg.</param>
    /// <param name="tscKilohertz">
    /// The rate of the host's timestamp counter, which is the emulated CPU's too; null: the kernel measures it. On a busy host
    /// that fails now and then, and then the guest's clock ticks in steps of 4 ms and falls behind.
    /// </param>
    public static string Build(string accelerator, int vcpus, uint? tscKilohertz)
    {
        var line = new StringBuilder(Common);
        if (accelerator == "tcg")
        {
            // The PIT drives one CPU only: more need their own timers.
            line.Append(' ').Append(vcpus == 1 ? Emulated : Emulated["nolapic_timer ".Length..]);
            if (tscKilohertz is { } rate)
            {
                line.Append(CultureInfo.InvariantCulture, $" tsc_early_khz={rate}");
            }
        }

        for (int slot = 0; slot < Slot.Count; slot++)
        {
            line.Append(CultureInfo.InvariantCulture, $" virtio_mmio.device={Slot.Size}@0x{Slot.Base + (slot * Slot.Size):x}:{Slot.FirstInterrupt + slot}");
        }

        return line.ToString();
    }
}
