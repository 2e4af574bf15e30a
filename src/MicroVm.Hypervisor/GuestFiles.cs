using System.Buffers.Binary;

namespace MicroVm.Hypervisor;

/// <summary>The guest's kernel and initramfs: beside the daemon, unless MVM_KERNEL and MVM_INITRAMFS say otherwise.</summary>
public sealed record GuestFiles(string Kernel, string Initramfs)
{
    private const uint ElfMagic = 0x464c457f;
    private const string EmulationSuffix = ".emulation";

    public static GuestFiles Find() => new(
        Environment.GetEnvironmentVariable("MVM_KERNEL") ?? Path.Combine(AppContext.BaseDirectory, "guest/vmlinux"),
        Environment.GetEnvironmentVariable("MVM_INITRAMFS") ?? Path.Combine(AppContext.BaseDirectory, "guest/initramfs.cpio"));

    /// <summary>Where VMs are emulated, the kernel beside this one that is made for that (kernel-config/emulation), if there is one.</summary>
    /// <param name="accelerator">kvm or tcg.</param>
    public static string KernelFor(string kernel, string accelerator)
    {
        string emulated = kernel + EmulationSuffix;
        return accelerator == "tcg" && File.Exists(emulated) ? emulated : kernel;
    }

    /// <summary>QEMU would fail late and with words that do not help.</summary>
    /// <exception cref="HypervisorException">One of the files is not what it must be.</exception>
    internal static void Check(string kernel, string initramfs)
    {
        Span<byte> magic = stackalloc byte[4];
        ReadStart(kernel, "guest kernel", magic);
        if (BinaryPrimitives.ReadUInt32LittleEndian(magic) != ElfMagic)
        {
            throw new HypervisorException($"guest kernel '{kernel}' is not an ELF image: it must be an uncompressed vmlinux");
        }

        ReadStart(initramfs, "guest initramfs", magic);
    }

    private static void ReadStart(string path, string what, Span<byte> start)
    {
        try
        {
            using FileStream file = new(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0);
            file.ReadExactly(start);
        }
        catch (EndOfStreamException e)
        {
            throw new HypervisorException($"{what} '{path}' is cut off: build it again with 'make dist'", e);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new HypervisorException($"{what} '{path}' does not exist: build it with 'make dist', or name another in MVM_KERNEL and MVM_INITRAMFS", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new HypervisorException($"{what} '{path}' can't be read: {e.Message}", e);
        }
    }
}
