using System.Runtime.InteropServices;

namespace MicroVm.Interop.Bzip2;

/// <summary>Owns a bz_stream in native memory, because libbz2 checks that the structure stays where it was.</summary>
internal sealed unsafe partial class BzStreamHandle : SafeHandle
{
    internal const string Library = "libbz2.so.1.0";

    public BzStreamHandle()
        : base(0, ownsHandle: true) => SetHandle((nint)NativeMemory.AllocZeroed((nuint)sizeof(BzStream)));

    public override bool IsInvalid => handle == 0;

    /// <summary>Valid while the caller holds a reference.</summary>
    public ref BzStream Stream => ref *(BzStream*)handle;

    /// <summary>It has a decoder to be ended: never set when the library is not there.</summary>
    public bool IsOpen { get; set; }

    protected override bool ReleaseHandle()
    {
        if (IsOpen)
        {
            _ = End(handle);
        }

        NativeMemory.Free((void*)handle);
        return true;
    }

    [LibraryImport(Library, EntryPoint = "BZ2_bzDecompressEnd")]
    private static partial int End(nint stream);
}
