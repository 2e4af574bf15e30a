using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using MicroVm.Interop.Generated;
using MicroVm.Interop.Kvm;
using static MicroVm.Interop.Generated.KvmMethods;

namespace MicroVm.Hypervisor.Kvm;

/// <summary>
/// Whether KVM really runs guests here. A device that opens proves nothing (nested and paravirtual hosts): this runs one
/// page of 64-bit code with an instruction that such hosts fail on, and sees it halt. About 2 ms.
/// </summary>
public static class KvmProbe
{
    private const int PageSize = 4096;
    private const int MemorySize = 16 * PageSize;
    private const int CodePage = 1;
    private const int PageTable = 4;        // PML4, then PDPT
    // Two milliseconds of work; but a daemon that starts with a busy host must not do without KVM as long as it lives.
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(20);

    // mov rsi, 0x2000; lock cmpxchg16b [rsi]; hlt
    private static ReadOnlySpan<byte> Code => [0x48, 0xC7, 0xC6, 0x00, 0x20, 0x00, 0x00, 0xF0, 0x48, 0x0F, 0xC7, 0x0E, 0xF4];

    /// <summary>Empty when KVM works, else why not, in one line.</summary>
    public static string Run()
    {
        using SafeFileHandle kvm = KvmDevice.Open();
        if (kvm.IsInvalid)
        {
            return $"/dev/kvm: {Marshal.GetLastPInvokeErrorMessage()}";
        }

        // On a broken host KVM_RUN may never return: then its thread is left behind.
        string result = "/dev/kvm does not run a guest: no answer";
        var thread = new Thread(() => Volatile.Write(ref result, Try())) { IsBackground = true, Name = "kvm probe" };
        thread.Start();
        thread.Join(s_limit);
        return Volatile.Read(ref result);
    }

    private static string Try()
    {
        try
        {
            using SafeFileHandle kvm = Check(KvmDevice.Open(), "open");
            using SafeFileHandle vm = Check(KvmDevice.Make(kvm, KVM_CREATE_VM, 0), "KVM_CREATE_VM");
            uint exit = RunGuest(kvm, vm);
            return exit == KVM_EXIT_HLT ? "" : $"/dev/kvm does not run 64-bit guests (exit reason {exit})";
        }
        catch (InvalidOperationException e)
        {
            return e.Message;
        }
    }

    private static unsafe uint RunGuest(SafeFileHandle kvm, SafeFileHandle vm)
    {
        _ = KvmDevice.Control(vm, KVM_SET_TSS_ADDR, unchecked((nint)0xfffbd000));
        void* memory = NativeMemory.AlignedAlloc(MemorySize, PageSize);
        try
        {
            FillMemory(new Span<byte>(memory, MemorySize));
            var region = new kvm_userspace_memory_region { memory_size = MemorySize, userspace_addr = (ulong)memory };
            Check(KvmDevice.Control(vm, (nuint)KVM_SET_USER_MEMORY_REGION, &region), "KVM_SET_USER_MEMORY_REGION");
            using SafeFileHandle vcpu = Check(KvmDevice.Make(vm, KVM_CREATE_VCPU, 0), "KVM_CREATE_VCPU");
            SetRegisters(vcpu);
            return RunVcpu(kvm, vcpu);
        }
        finally
        {
            NativeMemory.AlignedFree(memory);
        }
    }

    /// <summary>Identity page tables with one 1 GiB page, and the code.</summary>
    private static void FillMemory(Span<byte> memory)
    {
        const ulong PresentWritable = 3;
        const ulong HugePage = 0x80;
        memory.Clear();
        Code.CopyTo(memory[(CodePage * PageSize)..]);
        BinaryPrimitives.WriteUInt64LittleEndian(memory[(PageTable * PageSize)..], ((PageTable + 1) * PageSize) | PresentWritable);
        BinaryPrimitives.WriteUInt64LittleEndian(memory[((PageTable + 1) * PageSize)..], HugePage | PresentWritable);
    }

    /// <summary>64-bit mode, as in Intel's SDM volume 3, 9.8.5.</summary>
    private static unsafe void SetRegisters(SafeFileHandle vcpu)
    {
        var special = new kvm_sregs();
        Check(KvmDevice.Control(vcpu, (nuint)KVM_GET_SREGS, &special), "KVM_GET_SREGS");
        special.cs = Segment(8, 11, isCode: true);
        special.ds = special.es = special.fs = special.gs = special.ss = Segment(16, 3, isCode: false);
        special.cr0 = 0x80050033; // PE, MP, ET, NE, WP, AM, PG
        special.cr3 = PageTable * PageSize;
        special.cr4 = 0x20;       // PAE
        special.efer = 0x500;     // LME, LMA
        Check(KvmDevice.Control(vcpu, (nuint)KVM_SET_SREGS, &special), "KVM_SET_SREGS");

        var general = new kvm_regs { rip = CodePage * PageSize, rflags = 2 };
        Check(KvmDevice.Control(vcpu, (nuint)KVM_SET_REGS, &general), "KVM_SET_REGS");
    }

    private static kvm_segment Segment(ushort selector, byte type, bool isCode) => new()
    {
        limit = 0xffffffff,
        selector = selector,
        type = type,
        present = 1,
        db = (byte)(isCode ? 0 : 1),
        s = 1,
        l = (byte)(isCode ? 1 : 0),
        g = 1,
    };

    private static unsafe uint RunVcpu(SafeFileHandle kvm, SafeFileHandle vcpu)
    {
        nuint size = (nuint)Check(KvmDevice.Control(kvm, KVM_GET_VCPU_MMAP_SIZE, (nint)0), "KVM_GET_VCPU_MMAP_SIZE");
        void* run = KvmDevice.Map(null, size, 3, 1, vcpu, 0);
        if ((nint)run == -1)
        {
            throw new InvalidOperationException("/dev/kvm: mmap failed");
        }

        try
        {
            Check(KvmDevice.Control(vcpu, KVM_RUN, (nint)0), "KVM_RUN");
            return ((kvm_run*)run)->exit_reason;
        }
        finally
        {
            _ = KvmDevice.Unmap(run, size);
        }
    }

    private static SafeFileHandle Check(SafeFileHandle handle, string what) =>
        handle.IsInvalid ? throw new InvalidOperationException($"/dev/kvm: {what}: {Marshal.GetLastPInvokeErrorMessage()}") : handle;

    private static int Check(int result, string what) =>
        result < 0 ? throw new InvalidOperationException($"/dev/kvm: {what}: {Marshal.GetLastPInvokeErrorMessage()}") : result;
}
