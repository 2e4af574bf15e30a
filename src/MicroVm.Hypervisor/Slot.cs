namespace MicroVm.Hypervisor;

/// <summary>What lies in which virtio-mmio slot. The guest agent finds its devices by these numbers.</summary>
public static class Slot
{
    public const int Count = 8;
    public const int Channel = 0;
    public const int Root = 1;
    public const int Scratch = 2;
    public const int FirstNetwork = 3;
    public const int MaxNetworks = 3;
    public const int Shares = 6;

    // QEMU's microvm board with acpi=off: hw/i386/microvm.c, VIRTIO_MMIO_BASE and the first interrupt.
    internal const long Base = 0xfeb00000;
    internal const int Size = 512;
    internal const int FirstInterrupt = 5;
}
