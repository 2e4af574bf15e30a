using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using MicroVm.Interop.Generated;
using static MicroVm.Interop.Generated.LibvirtMethods;

namespace MicroVm.Interop.Libvirt;

/// <summary>Lifecycle events of all domains of a connection, from libvirt's event loop to a delegate.</summary>
internal static unsafe class DomainEvents
{
    /// <param name="connection">Held by the caller.</param>
    /// <param name="handler">Called on the event loop's thread: it must not wait, and not call libvirt.</param>
    /// <returns>What <see cref="Unregister"/> takes.</returns>
    /// <exception cref="LibvirtException">The connection has no events.</exception>
    public static int Register(virConnect* connection, Action<LibvirtDomainEvent> handler)
    {
        // libvirt frees it when it drops the callback.
        GCHandle data = GCHandle.Alloc(handler);
        delegate* unmanaged[Cdecl]<virConnect*, virDomain*, int, int, void*, int> callback = &OnLifecycle;
        int id = virConnectDomainEventRegisterAny(
            connection, null, (int)virDomainEventID.VIR_DOMAIN_EVENT_ID_LIFECYCLE,
            (delegate* unmanaged[Cdecl]<virConnect*, virDomain*, void*, void>)callback, (void*)GCHandle.ToIntPtr(data), &Free);
        if (id < 0)
        {
            data.Free();
        }

        return LibvirtCall.Check(id);
    }

    public static void Unregister(virConnect* connection, int id) => _ = virConnectDomainEventDeregisterAny(connection, id);

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int OnLifecycle(virConnect* connection, virDomain* domain, int type, int detail, void* data)
    {
        try
        {
            var handler = (Action<LibvirtDomainEvent>)GCHandle.FromIntPtr((nint)data).Target!;
            handler(new(LibvirtCall.Uuid(domain), LibvirtCall.Name(domain), (virDomainEventType)type, detail));
        }
        catch (Exception)
        {
            // Nothing may leave through C. What a subscriber did wrong is its own loss.
        }

        return 0;
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void Free(void* data) => GCHandle.FromIntPtr((nint)data).Free();
}
