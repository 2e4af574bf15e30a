using MicroVm.Hypervisor.Qemu;
using MicroVm.Interop.Generated;
using MicroVm.Interop.Libvirt;
using MicroVm.Interop.Posix;
using MicroVm.Interop.Processes;

namespace MicroVm.Hypervisor.Libvirt;

/// <summary>
/// Runs each VM as a domain of libvirt's QEMU driver: for hosts whose VMs libvirt manages. The machine is the very one that the
/// other driver starts, but for its channel: QEMU under libvirt inherits no descriptor, so that it is a virtio-serial port.
/// libvirt is needed from the first start on, and for nothing else.
/// </summary>
public sealed class LibvirtHypervisor : IHypervisor, IDisposable
{
    private readonly QemuHypervisor _qemu;
    private readonly LibvirtSession _session;
    private readonly Lazy<HypervisorInfo> _info;
    private readonly string? _logs;

    /// <param name="qemu">Knows the host and its QEMU.</param>
    public LibvirtHypervisor(HypervisorOptions options, QemuHypervisor qemu)
    {
        _qemu = qemu;
        _session = new(() => options.LibvirtUri ?? EmbeddedRoot.Prepare(options.LibvirtRoot));
        _logs = options.LibvirtUri is null ? EmbeddedRoot.Logs(options.LibvirtRoot) : null;
        _info = new(() => Inspect(qemu.Info));
    }

    public HypervisorInfo Info => _info.Value;

    public async Task<IVirtualMachine> StartAsync(VmSpec spec, CancellationToken cancellationToken)
    {
        VmSpecCheck.Check(spec);
        LibvirtConnection connection = await _session.OpenAsync().WaitAsync(cancellationToken).ConfigureAwait(false);
        DomainFiles files = Files(spec);
        try
        {
            return await StartAsync(spec, connection, files).ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or HypervisorException or LibvirtException)
        {
            files.Remove();
            files.RemoveLog();
            throw e switch
            {
                LibvirtException refused => LibvirtSession.Explain(refused, $"start domain {DomainXml.NameOf(spec)}"),
                HypervisorException known => known,
                _ => new HypervisorException($"the VM could not be started: {e.Message}", e),
            };
        }
    }

    public async Task<IVirtualMachine?> AdoptAsync(VmSpec spec, CancellationToken cancellationToken)
    {
        DomainFiles files = Files(spec);
        ProcessIdentity? identity = ProcessIdentity.Read(files.Paths.Process);
        PidFd? process = identity?.Open();
        if (process is null)
        {
            await ClearAsync(spec, files, wasNoted: identity is not null).ConfigureAwait(false);
            return null;
        }

        // The VM needs no libvirt to go on; libvirt, when it answers, is to know of it again.
        _ = _session.OpenAsync();
        var console = new ConsoleLog(files.Paths.ConsoleOutput, spec.ConsoleLog);
        DomainWatch watch = _session.Watch(DomainXml.UuidOf(spec));
        return new LibvirtMachine(spec, _session, watch, files, identity!.ProcessId, process, console, () => _qemu.Forget(spec, user: null));
    }

    /// <summary>Lets the VMs go: they run on.</summary>
    public void Dispose() => _session.Dispose();

    private DomainFiles Files(VmSpec spec) => new(
        new VmPaths(spec.RuntimeDirectory), _logs is null ? null : Path.Combine(_logs, DomainXml.NameOf(spec) + ".log"));

    private async Task<LibvirtMachine> StartAsync(VmSpec spec, LibvirtConnection connection, DomainFiles files)
    {
        files.Create(spec.Token);
        string uuid = DomainXml.UuidOf(spec);
        await _session.SettleAsync(uuid).ConfigureAwait(false);
        DomainWatch watch = _session.Watch(uuid);
        var console = new ConsoleLog(files.Paths.ConsoleOutput, spec.ConsoleLog);
        try
        {
            using LibvirtDomain domain = await connection.CreateAsync(Xml(spec, files)).ConfigureAwait(false);
            (int pid, PidFd process) = await NoteAsync(spec, files, domain).ConfigureAwait(false);
            return new LibvirtMachine(spec, _session, watch, files, pid, process, console, () => _qemu.Forget(spec, user: null));
        }
        catch
        {
            watch.Dispose();
            console.Dispose();
            throw;
        }
    }

    /// <summary>A VM that nobody will know of, because its files could not be written, must not run on.</summary>
    private async Task<(int Id, PidFd Process)> NoteAsync(VmSpec spec, DomainFiles files, LibvirtDomain domain)
    {
        try
        {
            (int Id, PidFd Process) noted = files.Note();
            if (_logs is not null)
            {
                // A libvirtd has control groups of its own for its domains.
                _qemu.Confine(spec, noted.Id);
            }

            return noted;
        }
        catch
        {
            await DestroyAsync(domain).ConfigureAwait(false);
            _qemu.Forget(spec, user: null);
            throw;
        }
    }

    private string Xml(VmSpec spec, DomainFiles files) => DomainXml.Build(
        spec, Info, files.Paths, _qemu.FindQemu(), files.Pid, ProcessUser.IsRoot ? "+0:+0" : null, _qemu.TscKilohertz());

    /// <summary>Where the daemon was killed between a domain's start and its note, the domain runs and nobody knows of it.</summary>
    private async Task ClearAsync(VmSpec spec, DomainFiles files, bool wasNoted)
    {
        if (!wasNoted && File.Exists(files.Paths.Token))
        {
            try
            {
                await _session.WithDomainAsync(DomainXml.UuidOf(spec), "end the VM", DestroyAsync).ConfigureAwait(false);
            }
            catch (HypervisorException e) when (e.InnerException is LibvirtException { Code: virErrorNumber.VIR_ERR_NO_DOMAIN })
            {
                // It was never started.
            }
        }

        files.Remove();
        files.RemoveLog();
        _qemu.Forget(spec, user: null);
    }

    private static async Task DestroyAsync(LibvirtDomain domain)
    {
        try
        {
            await domain.DestroyAsync().ConfigureAwait(false);
        }
        catch (LibvirtException e) when (e.Code is virErrorNumber.VIR_ERR_NO_DOMAIN or virErrorNumber.VIR_ERR_OPERATION_INVALID)
        {
            // It has ended by itself.
        }
    }

    private static HypervisorInfo Inspect(HypervisorInfo host)
    {
        try
        {
            return host with { Driver = "libvirt", Transport = "virtio-serial", Version = $"{host.Version}, libvirt {LibvirtConnection.LibraryVersion}" };
        }
        catch (LibvirtException e)
        {
            throw new HypervisorException($"the libvirt driver: {e.Message}", e);
        }
    }
}
