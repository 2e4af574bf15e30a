using System.Runtime.InteropServices;

namespace MicroVm.Interop.Bzip2;

/// <summary>bz_stream of bzlib.h (80 bytes on x86-64).</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct BzStream
{
    public nint NextIn;
    public uint AvailableIn;
    public uint TotalInLow;
    public uint TotalInHigh;
    public nint NextOut;
    public uint AvailableOut;
    public uint TotalOutLow;
    public uint TotalOutHigh;
    public nint State;
    public nint Allocate;
    public nint Free;
    public nint Opaque;
}
