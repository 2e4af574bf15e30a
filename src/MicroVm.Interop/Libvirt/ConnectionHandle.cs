using System.Runtime.InteropServices;
using MicroVm.Interop.Generated;
using static MicroVm.Interop.Generated.LibvirtMethods;

namespace MicroVm.Interop.Libvirt;

/// <summary>Owns a virConnect.</summary>
internal sealed unsafe class ConnectionHandle : SafeHandle
{
    public ConnectionHandle(virConnect* connection)
        : base(0, ownsHandle: true)
    {
        SetHandle((nint)connection);
    }

    public override bool IsInvalid => handle == 0;

    protected override bool ReleaseHandle() => virConnectClose((virConnect*)handle) >= 0;
}
