using MicroVm.Interop.Generated;
using static MicroVm.Interop.Generated.LibvirtMethods;

namespace MicroVm.Interop.Libvirt;

/// <summary>
/// A domain (https://libvirt.org/html/libvirt-libvirt-domain.html). All calls throw <see cref="LibvirtException"/>: VIR_ERR_NO_DOMAIN
/// when it is gone, VIR_ERR_OPERATION_INVALID when its state does not allow it.
/// </summary>
public sealed unsafe class LibvirtDomain : IDisposable
{
    private readonly DomainHandle _handle;

    internal LibvirtDomain(virDomain* domain)
    {
        _handle = new DomainHandle(domain);
        (Name, Uuid) = (LibvirtCall.Name(domain), LibvirtCall.Uuid(domain));
    }

    public string Name { get; }

    public string Uuid { get; }

    /// <summary>Starts a defined domain.</summary>
    public Task StartAsync() => GetAsync(d => LibvirtCall.Check(virDomainCreate(d)));

    /// <summary>Asks the guest to end; returns at once, and the guest may not care.</summary>
    public Task ShutDownAsync() => GetAsync(d => LibvirtCall.Check(virDomainShutdown(d)));

    /// <summary>Ends it; returns when it is gone.</summary>
    public Task DestroyAsync() => GetAsync(d => LibvirtCall.Check(virDomainDestroy(d)));

    /// <summary>Stops its vCPUs.</summary>
    public Task SuspendAsync() => GetAsync(d => LibvirtCall.Check(virDomainSuspend(d)));

    public Task ResumeAsync() => GetAsync(d => LibvirtCall.Check(virDomainResume(d)));

    /// <summary>Makes a defined domain unknown, or one that runs transient.</summary>
    public Task UndefineAsync() => GetAsync(d => LibvirtCall.Check(virDomainUndefine(d)));

    public Task<virDomainState> GetStateAsync() => GetAsync(d =>
    {
        int state = 0;
        LibvirtCall.Check(virDomainGetState(d, &state, null, 0));
        return (virDomainState)state;
    });

    /// <summary>What it is made of, as it runs.</summary>
    public Task<string> GetXmlAsync() => GetAsync(d => LibvirtCall.Take(virDomainGetXMLDesc(d, 0)));

    public Task<string> GetTitleAsync() =>
        GetAsync(d => LibvirtCall.Take(virDomainGetMetadata(d, (int)virDomainMetadataType.VIR_DOMAIN_METADATA_TITLE, null, 0)));

    /// <param name="title">One line.</param>
    public Task SetTitleAsync(string title) => GetAsync(d =>
    {
        fixed (byte* text = LibvirtCall.Text(title))
        {
            return LibvirtCall.Check(virDomainSetMetadata(d, (int)virDomainMetadataType.VIR_DOMAIN_METADATA_TITLE, (sbyte*)text, null, null, 0));
        }
    });

    /// <summary>The element of an application's own in its metadata.</summary>
    /// <exception cref="LibvirtException">VIR_ERR_NO_DOMAIN_METADATA: it has none.</exception>
    public Task<string> GetMetadataAsync(string xmlNamespace) => GetAsync(d =>
    {
        fixed (byte* text = LibvirtCall.Text(xmlNamespace))
        {
            return LibvirtCall.Take(virDomainGetMetadata(d, (int)virDomainMetadataType.VIR_DOMAIN_METADATA_ELEMENT, (sbyte*)text, 0));
        }
    });

    /// <summary>Sets the element of an application's own.</summary>
    /// <param name="element">Well-formed XML, without its namespace.</param>
    /// <param name="prefix">For the namespace.</param>
    public Task SetMetadataAsync(string element, string prefix, string xmlNamespace) => GetAsync(d =>
    {
        fixed (byte* text = LibvirtCall.Text(element))
        fixed (byte* key = LibvirtCall.Text(prefix))
        fixed (byte* uri = LibvirtCall.Text(xmlNamespace))
        {
            return LibvirtCall.Check(virDomainSetMetadata(
                d, (int)virDomainMetadataType.VIR_DOMAIN_METADATA_ELEMENT, (sbyte*)text, (sbyte*)key, (sbyte*)uri, 0));
        }
    });

    public void Dispose() => _handle.Dispose();

    private Task<T> GetAsync<T>(Call<T> call) => LibvirtCall.RunAsync(() =>
    {
        using var lease = new HandleLease(_handle);
        return call((virDomain*)lease.Pointer);
    });

    private delegate T Call<out T>(virDomain* domain);
}
