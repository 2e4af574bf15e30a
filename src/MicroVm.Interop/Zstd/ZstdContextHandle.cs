using System.Runtime.InteropServices;

namespace MicroVm.Interop.Zstd;

/// <summary>Owns a ZSTD_DCtx.</summary>
internal sealed partial class ZstdContextHandle() : SafeHandle(0, ownsHandle: true)
{
    internal const string Library = "libzstd.so.1";

    public override bool IsInvalid => handle == 0;

    protected override bool ReleaseHandle()
    {
        _ = FreeContext(handle);
        return true;
    }

    [LibraryImport(Library, EntryPoint = "ZSTD_freeDCtx")]
    private static partial nuint FreeContext(nint context);
}
