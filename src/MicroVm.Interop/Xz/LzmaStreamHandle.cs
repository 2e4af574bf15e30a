using System.Runtime.InteropServices;

namespace MicroVm.Interop.Xz;

/// <summary>Owns an lzma_stream in native memory, because liblzma checks that the structure stays where it was.</summary>
internal sealed unsafe partial class LzmaStreamHandle : SafeHandle
{
    internal const string Library = "liblzma.so.5";

    public LzmaStreamHandle()
        : base(0, ownsHandle: true) => SetHandle((nint)NativeMemory.AllocZeroed((nuint)sizeof(LzmaStream)));

    public override bool IsInvalid => handle == 0;

    /// <summary>Valid while the caller holds a reference.</summary>
    public ref LzmaStream Stream => ref *(LzmaStream*)handle;

    /// <summary>It has a decoder to be ended: never set when the library is not there.</summary>
    public bool IsOpen { get; set; }

    protected override bool ReleaseHandle()
    {
        if (IsOpen)
        {
            End(handle);
        }

        NativeMemory.Free((void*)handle);
        return true;
    }

    [LibraryImport(Library, EntryPoint = "lzma_end")]
    private static partial void End(nint stream);
}
