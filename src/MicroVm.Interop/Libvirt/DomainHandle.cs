using System.Runtime.InteropServices;
using MicroVm.Interop.Generated;
using static MicroVm.Interop.Generated.LibvirtMethods;

namespace MicroVm.Interop.Libvirt;

/// <summary>Owns a virDomain, which keeps its connection too.</summary>
internal sealed unsafe class DomainHandle : SafeHandle
{
    public DomainHandle(virDomain* domain)
        : base(0, ownsHandle: true)
    {
        SetHandle((nint)domain);
    }

    public override bool IsInvalid => handle == 0;

    protected override bool ReleaseHandle() => virDomainFree((virDomain*)handle) == 0;
}
