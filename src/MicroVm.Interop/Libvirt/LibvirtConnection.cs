using System.Runtime.InteropServices;
using MicroVm.Interop.Generated;
using static MicroVm.Interop.Generated.LibvirtMethods;

namespace MicroVm.Interop.Libvirt;

/// <summary>
/// A connection to a hypervisor driver (https://libvirt.org/html/libvirt-libvirt-host.html), without authentication. Its
/// calls may come from any thread.
/// </summary>
public sealed unsafe class LibvirtConnection : IDisposable
{
    // The first connection to the driver in this process starts it; one that comes meanwhile is refused ("driver is not active").
    private static readonly Lock s_opening = new();

    private readonly ConnectionHandle _handle;
    private readonly int _events;

    private LibvirtConnection(ConnectionHandle handle)
    {
        _handle = handle;
        using var lease = new HandleLease(handle);
        _events = DomainEvents.Register((virConnect*)lease.Pointer, e => DomainChanged?.Invoke(this, e));
    }

    /// <summary>
    /// A domain was defined, started, stopped and so on, whoever did it. Raised on libvirt's event thread: handlers must
    /// not wait and not call libvirt.
    /// </summary>
    public event EventHandler<LibvirtDomainEvent>? DomainChanged;

    /// <summary>Of the library in this process: 9.0.0.</summary>
    /// <exception cref="LibvirtMissingException">libvirt is not installed.</exception>
    public static string LibraryVersion
    {
        get
        {
            LibvirtRuntime.Require();
            nuint version = 0;
            LibvirtCall.Check(virGetVersion(&version, null, null));
            return Dotted(version);
        }
    }

    /// <summary>What it really is connected to.</summary>
    public string Uri => Get(c => LibvirtCall.Take(virConnectGetURI((virConnect*)c)));

    /// <summary>Of libvirt, where it runs: 9.0.0.</summary>
    public string Version => Get(c =>
    {
        nuint version = 0;
        LibvirtCall.Check(virConnectGetLibVersion((virConnect*)c, &version));
        return Dotted(version);
    });

    /// <summary>False when the other side is gone: open another.</summary>
    public bool IsAlive => Get(c => virConnectIsAlive((virConnect*)c) == 1);

    /// <param name="uri">Such as qemu:///system, or qemu:///embed?root=DIR for libvirt's driver in this process.</param>
    /// <exception cref="LibvirtMissingException">libvirt is not installed.</exception>
    /// <exception cref="LibvirtException">Nobody answers there.</exception>
    public static Task<LibvirtConnection> OpenAsync(string uri) => LibvirtCall.RunAsync(() =>
    {
        LibvirtRuntime.Require();
        fixed (byte* name = LibvirtCall.Text(uri))
        {
            ConnectionHandle handle;
            lock (s_opening)
            {
                handle = new ConnectionHandle((virConnect*)LibvirtCall.Check(virConnectOpen((sbyte*)name)));
            }

            try
            {
                return new LibvirtConnection(handle);
            }
            catch
            {
                handle.Dispose();
                throw;
            }
        }
    });

    /// <summary>Starts a domain that is gone when it stops.</summary>
    /// <exception cref="LibvirtException">VIR_ERR_OPERATION_FAILED: its name is taken; or it could not be started.</exception>
    public Task<LibvirtDomain> CreateAsync(string xml) => DomainAsync(xml, (c, text) => virDomainCreateXML(c, text, 0));

    /// <summary>Makes a domain known, or changes the one of its name; it stays known when it stops.</summary>
    /// <exception cref="LibvirtException">The XML is wrong, or its name is another's.</exception>
    public Task<LibvirtDomain> DefineAsync(string xml) => DomainAsync(xml, (c, text) => virDomainDefineXML(c, text));

    /// <exception cref="LibvirtException">VIR_ERR_NO_DOMAIN: there is none.</exception>
    public Task<LibvirtDomain> LookUpByNameAsync(string name) => DomainAsync(name, (c, text) => virDomainLookupByName(c, text));

    /// <exception cref="LibvirtException">VIR_ERR_NO_DOMAIN: there is none.</exception>
    public Task<LibvirtDomain> LookUpByUuidAsync(string uuid) => DomainAsync(uuid, (c, text) => virDomainLookupByUUIDString(c, text));

    /// <summary>All domains, running or not.</summary>
    public Task<IReadOnlyList<LibvirtDomain>> ListAsync() => LibvirtCall.RunAsync(() => Get(c =>
    {
        virDomain** domains = null;
        int count = LibvirtCall.Check(virConnectListAllDomains((virConnect*)c, &domains, 0));
        var list = new LibvirtDomain[count];
        for (int i = 0; i < count; i++)
        {
            list[i] = new LibvirtDomain(domains[i]);
        }

        NativeMemory.Free(domains);
        return (IReadOnlyList<LibvirtDomain>)list;
    }));

    public void Dispose()
    {
        if (!_handle.IsClosed)
        {
            Get(c =>
            {
                DomainEvents.Unregister((virConnect*)c, _events);
                return true;
            });
            _handle.Dispose();
        }
    }

    private Task<LibvirtDomain> DomainAsync(string text, DomainCall call) => LibvirtCall.RunAsync(() => Get(c =>
    {
        fixed (byte* bytes = LibvirtCall.Text(text))
        {
            return new LibvirtDomain((virDomain*)LibvirtCall.Check(call((virConnect*)c, (sbyte*)bytes)));
        }
    }));

    private static string Dotted(nuint version) => $"{version / 1_000_000}.{version / 1_000 % 1_000}.{version % 1_000}";

    private T Get<T>(Func<nint, T> call)
    {
        using var lease = new HandleLease(_handle);
        return call(lease.Pointer);
    }

    private delegate virDomain* DomainCall(virConnect* connection, sbyte* text);
}
