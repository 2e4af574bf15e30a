using System.Runtime.InteropServices;
using static MicroVm.Interop.Generated.ZstdMethods;

namespace MicroVm.Interop.Zstd;

/// <summary>Owns a ZSTD_DCtx; invalid where there is no memory for one.</summary>
internal sealed unsafe class ZstdContextHandle : SafeHandle
{
    public ZstdContextHandle()
        : base(0, ownsHandle: true)
    {
        SetHandle((nint)ZSTD_createDCtx());
    }

    public override bool IsInvalid => handle == 0;

    protected override bool ReleaseHandle()
    {
        _ = ZSTD_freeDCtx((Generated.ZSTD_DCtx*)handle);
        return true;
    }
}
