using System.ComponentModel;
using System.Net.Sockets;
using MicroVm.Hypervisor.Jail;
using MicroVm.Hypervisor.Qemu;
using MicroVm.Interop.Generated;
using MicroVm.Interop.Libvirt;
using MicroVm.Interop.Processes;

namespace MicroVm.Hypervisor.Libvirt;

/// <summary>
/// Runs each VM as a domain of libvirt's QEMU driver: for hosts whose VMs libvirt manages. The machine is the very one that the
/// other driver starts, and so is its jail: what libvirt starts for QEMU is a program of ours that makes it.
/// libvirt is needed from the first start on, and for nothing else.
/// </summary>
public sealed class LibvirtHypervisor : IHypervisor, IDisposable
{
    private readonly QemuHypervisor _qemu;
    private readonly EmulatorProgram _emulator;
    private readonly LibvirtSession _session;
    private readonly Lazy<HypervisorInfo> _info;
    private readonly string? _logs;

    /// <param name="qemu">Knows the host, its QEMU and its jails.</param>
    public LibvirtHypervisor(HypervisorOptions options, QemuHypervisor qemu)
    {
        _qemu = qemu;
        _emulator = new(Path.Combine(options.Directory, "emulator"), options.EmulatorPath);
        _session = new(() => options.LibvirtUri ?? EmbeddedRoot.Prepare(options.LibvirtRoot));
        _logs = options.LibvirtUri is null ? EmbeddedRoot.Logs(options.LibvirtRoot) : null;
        _info = new(() => Inspect(qemu.Info));
    }

    public HypervisorInfo Info => _info.Value;

    /// <summary>A libvirtd has control groups of its own for its domains.</summary>
    private bool HasControlGroups => _logs is not null;

    public async Task<IVirtualMachine> StartAsync(VmSpec spec, CancellationToken cancellationToken)
    {
        VmSpecCheck.Check(spec);
        LibvirtConnection connection = await _session.OpenAsync().WaitAsync(cancellationToken).ConfigureAwait(false);
        var paths = new VmPaths(spec.RuntimeDirectory);
        try
        {
            string emulator = _emulator.For(_qemu.FindQemu());
            await _session.SettleAsync(DomainXml.UuidOf(spec)).ConfigureAwait(false);
            return await StartAsync(spec, connection, emulator, paths).ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or SocketException or Win32Exception or HypervisorException)
        {
            paths.Remove();
            DomainControl.RemoveLog(LogOf(spec));
            throw e as HypervisorException ?? new HypervisorException($"the VM could not be started: {e.Message}", e);
        }
    }

    public async Task<IVirtualMachine?> AdoptAsync(VmSpec spec, CancellationToken cancellationToken)
    {
        var paths = new VmPaths(spec.RuntimeDirectory);
        ProcessIdentity? identity = ProcessIdentity.Read(paths.Process);
        PidFd? process = identity?.Open();
        if (process is null)
        {
            await ClearAsync(spec, paths, isKnown: identity is not null).ConfigureAwait(false);
            return null;
        }

        // The VM needs no libvirt to go on; libvirt, when it answers, is to know of it again.
        _ = _session.OpenAsync();
        RunningVmm vmm = _qemu.TakeUp(spec, paths, identity!.ProcessId, process, HasControlGroups);
        return new VmmMachine(vmm, new DomainControl(_session, _session.Watch(DomainXml.UuidOf(spec)), LogOf(spec)));
    }

    /// <summary>Lets the VMs go: they run on.</summary>
    public void Dispose() => _session.Dispose();

    private string? LogOf(VmSpec spec) => _logs is null ? null : Path.Combine(_logs, DomainXml.NameOf(spec) + ".log");

    private async Task<VmmMachine> StartAsync(VmSpec spec, LibvirtConnection connection, string emulator, VmPaths paths)
    {
        using VmStart start = await Task.Run(() => _qemu.Prepare(spec, paths)).ConfigureAwait(false);
        DomainWatch watch = _session.Watch(DomainXml.UuidOf(spec));
        try
        {
            using var launch = new EmulatorLaunch(paths.Launch);
            VmmProcess process = await CreateAsync(start, connection, launch, emulator).ConfigureAwait(false);
            return new VmmMachine(_qemu.Running(start, process), new DomainControl(_session, watch, LogOf(spec)));
        }
        catch (Exception e)
        {
            watch.Dispose();
            throw _qemu.Abandon(start, e);
        }
    }

    /// <summary>libvirt answers when QEMU runs; meanwhile what it has started asks us how.</summary>
    private async Task<VmmProcess> CreateAsync(VmStart start, LibvirtConnection connection, EmulatorLaunch launch, string emulator)
    {
        string xml = DomainXml.Build(start.Spec, Info, start.Paths, start.Cid, emulator, launch.Path, _qemu.TscKilohertz());
        using var stop = new CancellationTokenSource();
        Task<VmmProcess> launched = Task.Run(() => LaunchAsync(start, launch, emulator, stop.Token), CancellationToken.None);
        try
        {
            using LibvirtDomain domain = await connection.CreateAsync(xml).ConfigureAwait(false);
        }
        catch (LibvirtException e)
        {
            await stop.CancelAsync().ConfigureAwait(false);
            await GiveUpAsync(launched).ConfigureAwait(false);
            throw LibvirtSession.Explain(e, $"start domain {DomainXml.NameOf(start.Spec)}");
        }

        return await launched.ConfigureAwait(false);
    }

    private async Task<VmmProcess> LaunchAsync(VmStart start, EmulatorLaunch launch, string emulator, CancellationToken cancellationToken)
    {
        using EmulatorChild child = await launch.AcceptAsync(cancellationToken).ConfigureAwait(false);
        IReadOnlyList<string> arguments = EmulatorArguments.InJail(child.Arguments, start.Spec, start.Cid, child.Free);
        JailSpec jail = _qemu.JailOf(start, [_qemu.FindQemu(), .. arguments]) with { IsEntered = true, HasControlGroup = HasControlGroups };
        return _qemu.LaunchAs(child, start, jail, emulator);
    }

    /// <summary>Why there was nothing to start, if that is known here, is why libvirt had to give up.</summary>
    private static async Task GiveUpAsync(Task<VmmProcess> launched)
    {
        try
        {
            VmmProcess process = await launched.ConfigureAwait(false);
            process.Kill();
            await process.ReapAsync().ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // libvirt has not come so far.
        }
    }

    /// <summary>Where the daemon was killed between a domain's start and its note, the domain runs and nobody knows of it.</summary>
    private async Task ClearAsync(VmSpec spec, VmPaths paths, bool isKnown)
    {
        if (!isKnown && File.Exists(paths.Token))
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

        _qemu.Clear(spec, paths, isKnown);
        DomainControl.RemoveLog(LogOf(spec));
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
            return host with { Driver = "libvirt", Version = $"{host.Version}, libvirt {LibvirtConnection.LibraryVersion}" };
        }
        catch (LibvirtException e)
        {
            throw new HypervisorException($"the libvirt driver: {e.Message}", e);
        }
    }
}
