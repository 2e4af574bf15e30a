using System.Collections.Concurrent;
using MicroVm.Interop.Generated;
using MicroVm.Interop.Libvirt;

namespace MicroVm.Hypervisor.Libvirt;

/// <summary>
/// One connection to libvirt, opened when it is first needed and again when it was lost. Errors become one line that says what
/// to do.
/// </summary>
internal sealed class LibvirtSession(Func<string> uri) : IDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(10);
    private readonly ConcurrentDictionary<DomainWatch, string> _watches = new();
    private readonly SemaphoreSlim _lock = new(1);
    private LibvirtConnection? _connection;

    /// <summary>Whether libvirt can tell of a domain's end.</summary>
    public bool IsOpen => Volatile.Read(ref _connection) is { IsAlive: true };

    /// <exception cref="HypervisorException">libvirt is missing, or nobody answers.</exception>
    public async Task<LibvirtConnection> OpenAsync()
    {
        await _lock.WaitAsync().ConfigureAwait(false);
        try
        {
            if (_connection is null || !_connection.IsAlive)
            {
                _connection?.Dispose();
                _connection = null;
                _connection = await ConnectAsync().ConfigureAwait(false);
            }

            return _connection;
        }
        finally
        {
            _lock.Release();
        }
    }

    /// <summary>Waits until libvirt is done with the end of a domain of this UUID, which has the name of the next.</summary>
    public async Task SettleAsync(string uuid)
    {
        await Task.WhenAny(Task.WhenAll(Of(uuid).Select(w => w.Settled)), Task.Delay(s_patience)).ConfigureAwait(false);
    }

    /// <summary>Begin before the domain starts, else its end may be missed.</summary>
    public DomainWatch Watch(string uuid)
    {
        var watch = new DomainWatch(uuid, w => _watches.TryRemove(w, out _));
        _watches[watch] = uuid;
        return watch;
    }

    /// <summary>Does something with a domain that should be there.</summary>
    /// <exception cref="HypervisorException">libvirt refused, or does not know it.</exception>
    public async Task WithDomainAsync(string uuid, string what, Func<LibvirtDomain, Task> action)
    {
        try
        {
            using LibvirtDomain domain = await (await OpenAsync().ConfigureAwait(false)).LookUpByUuidAsync(uuid).ConfigureAwait(false);
            await action(domain).ConfigureAwait(false);
        }
        catch (LibvirtException e)
        {
            throw Explain(e, what);
        }
    }

    public static HypervisorException Explain(LibvirtException error, string what)
    {
        string hint = error.Code switch
        {
            _ when error.Message.Contains("'libvirt-qemu'", StringComparison.Ordinal) => " (useradd --system --user-group libvirt-qemu makes the user that it looks for)",
            virErrorNumber.VIR_ERR_NO_CONNECT => " (apt-get install libvirt-daemon-driver-qemu)",
            virErrorNumber.VIR_ERR_NO_DOMAIN => " (something else destroyed it)",
            virErrorNumber.VIR_ERR_SYSTEM_ERROR when error.Domain == virErrorDomain.VIR_FROM_RPC => " (is libvirtd running, and libvirt-uri right?)",
            _ when error.Message.Contains("already exists", StringComparison.Ordinal) => " (virsh destroy and undefine it)",
            _ => "",
        };
        return new HypervisorException($"libvirt can't {what}: {Printable.OneLine(error.Message, 300)}{hint}", error);
    }

    public void Dispose()
    {
        _connection?.Dispose();
        _lock.Dispose();
    }

    private async Task<LibvirtConnection> ConnectAsync()
    {
        string address = uri();
        try
        {
            LibvirtConnection connection = await LibvirtConnection.OpenAsync(address).ConfigureAwait(false);
            connection.DomainChanged += (_, e) => Route(e);
            return connection;
        }
        catch (LibvirtMissingException e)
        {
            throw new HypervisorException($"the libvirt driver: {e.Message}", e);
        }
        catch (LibvirtException e)
        {
            throw Explain(e, $"be reached at {address}");
        }
    }

    private void Route(LibvirtDomainEvent change)
    {
        if (change.Type == virDomainEventType.VIR_DOMAIN_EVENT_STOPPED)
        {
            Of(change.Uuid).ForEach(w => w.Tell(change));
        }
    }

    private List<DomainWatch> Of(string uuid) => [.. _watches.Where(w => w.Value == uuid).Select(w => w.Key)];
}
