using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;

namespace MicroVm.Interop.Cpu;

/// <summary>
/// The processor's timestamp counter (Intel SDM vol. 3, "Time-Stamp Counter"), measured against the monotonic clock. .NET has
/// no intrinsic for RDTSC, and the kernel does not tell the counter's rate where it runs virtualised itself.
/// </summary>
public sealed unsafe partial class TimestampCounter
{
    private const int Attempts = 16;
    private const int ReadWrite = 3;
    private const int ReadExecute = 5;
    private const int PrivateAnonymous = 0x22;
    private const nuint PageSize = 4096;

    // Two readings, each within 100 ns of its clock's, are then at most 10 ppm off together; more time makes it better.
    private static readonly TimeSpan s_shortest = TimeSpan.FromMilliseconds(20);

    private readonly delegate* unmanaged<ulong> _read;
    private readonly Reading _first;

    /// <exception cref="PlatformNotSupportedException">The counter's rate is not constant here.</exception>
    public TimestampCounter()
    {
        if (!IsInvariant)
        {
            throw new PlatformNotSupportedException("the processor's timestamp counter does not run at a constant rate");
        }

        _read = (delegate* unmanaged<ulong>)MakeCode([0x0f, 0x31, 0x48, 0xc1, 0xe2, 0x20, 0x48, 0x09, 0xd0, 0xc3]);
        _first = Read();
    }

    /// <summary>The counter runs at one rate in all power states (CPUID 8000_0007h, EDX bit 8).</summary>
    public static bool IsInvariant =>
        X86Base.IsSupported && (uint)X86Base.CpuId(unchecked((int)0x80000000), 0).Eax >= 0x80000007
        && (X86Base.CpuId(unchecked((int)0x80000007), 0).Edx & 0x100) != 0;

    /// <summary>The rate in kHz, over all the time since this object was made. Waits when that is less than 20 ms.</summary>
    public uint MeasureKilohertz()
    {
        TimeSpan missing = s_shortest - Stopwatch.GetElapsedTime(_first.Clock);
        if (missing > TimeSpan.Zero)
        {
            Thread.Sleep(missing);
        }

        Reading last = Read();
        double milliseconds = Stopwatch.GetElapsedTime(_first.Clock, last.Clock).TotalMilliseconds;
        return (uint)Math.Round((last.Counter - _first.Counter) / milliseconds);
    }

    /// <summary>Counter and clock at one moment: the pair, of several, with the least time between.</summary>
    private Reading Read()
    {
        Reading best = default;
        long least = long.MaxValue;
        for (int i = 0; i < Attempts; i++)
        {
            long before = Stopwatch.GetTimestamp();
            ulong counter = _read();
            long after = Stopwatch.GetTimestamp();
            if (after - before < least)
            {
                least = after - before;
                best = new(counter, before + ((after - before) / 2));
            }
        }

        return best;
    }

    /// <summary>A page that can be executed and no longer written; it lives as long as the process.</summary>
    private static nint MakeCode(ReadOnlySpan<byte> instructions)
    {
        nint page = Map(0, PageSize, ReadWrite, PrivateAnonymous, -1, 0);
        if (page == -1)
        {
            throw new IOException($"mmap: {Marshal.GetLastPInvokeErrorMessage()}");
        }

        instructions.CopyTo(new Span<byte>((void*)page, (int)PageSize));
        return Protect(page, PageSize, ReadExecute) == 0 ? page : throw new IOException($"mprotect: {Marshal.GetLastPInvokeErrorMessage()}");
    }

    [LibraryImport("libc", EntryPoint = "mmap", SetLastError = true)]
    private static partial nint Map(nint address, nuint length, int protection, int flags, int descriptor, nint offset);

    [LibraryImport("libc", EntryPoint = "mprotect", SetLastError = true)]
    private static partial int Protect(nint address, nuint length, int protection);

    private readonly record struct Reading(ulong Counter, long Clock);
}
