using System.Runtime.InteropServices;

namespace MicroVm.Interop.Xz;

/// <summary>lzma_stream of lzma/base.h (136 bytes on x86-64).</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct LzmaStream
{
    public nint NextIn;
    public nuint AvailableIn;
    public ulong TotalIn;
    public nint NextOut;
    public nuint AvailableOut;
    public ulong TotalOut;
    public nint Allocator;
    public nint Internal;
    public nint ReservedPointer1;
    public nint ReservedPointer2;
    public nint ReservedPointer3;
    public nint ReservedPointer4;
    public ulong SeekPosition;
    public ulong ReservedInteger2;
    public nuint ReservedInteger3;
    public nuint ReservedInteger4;
    public int ReservedEnum1;
    public int ReservedEnum2;
}
