using System.ComponentModel;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using MicroVm.Hypervisor.Channel;
using MicroVm.Hypervisor.Jail;
using MicroVm.Hypervisor.Kvm;
using MicroVm.Hypervisor.Shares;
using MicroVm.Hypervisor.Templates;
using MicroVm.Interop.Cpu;
using MicroVm.Interop.Processes;
using MicroVm.Interop.Vsock;

namespace MicroVm.Hypervisor.Qemu;

/// <summary>Runs each VM in a QEMU process of its own, which outlives this one.</summary>
public sealed partial class QemuHypervisor : IHypervisor, IDisposable
{
    private const int SigKill = 9;
    private readonly HypervisorOptions _options;
    private readonly Lazy<HypervisorInfo> _info;
    private readonly VmmJail? _jail;
    private readonly ShareServers _shares;
    private readonly VmTemplates? _templates;

    // Begins to measure at once: the first VM needs not wait then.
    private readonly TimestampCounter? _counter = TimestampCounter.IsInvariant ? new() : null;

    public QemuHypervisor(HypervisorOptions options)
    {
        _options = options;
        _info = new(Inspect);
        _jail = options.Jail.Enabled
            ? new(options.Jail, Path.Combine(options.Directory, "programs"), FindQemu, QemuInstallation.DataOf)
            : null;
        _shares = new(options, _jail);
        _templates = options.WarmStart ? MakeTemplates() : null;
    }

    public HypervisorInfo Info => _info.Value;

    public async Task<IVirtualMachine> StartAsync(VmSpec spec, CancellationToken cancellationToken)
    {
        VmSpecCheck.Check(spec);
        string qemu = FindQemu();
        var paths = new VmPaths(spec.RuntimeDirectory);
        using IDisposable? starting = _templates?.Start();
        try
        {
            return await Task.Run(() => RestoreOrBootAsync(spec, qemu, paths, cancellationToken), cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or SocketException or Win32Exception or HypervisorException)
        {
            paths.Remove();
            throw e as HypervisorException ?? new HypervisorException($"the VM could not be started: {e.Message}", e);
        }
    }

    public Task<IVirtualMachine?> AdoptAsync(VmSpec spec, CancellationToken cancellationToken)
    {
        var paths = new VmPaths(spec.RuntimeDirectory);
        ProcessIdentity? identity = ProcessIdentity.Read(paths.Process);
        PidFd? process = identity?.Open();
        if (process is null || File.Exists(paths.Restoring))
        {
            process?.Signal(SigKill); // The daemon that restored it is gone: it is no VM, and won't be one.
            process?.Dispose();
            Clear(spec, paths, isKnown: identity is not null);
            return Task.FromResult<IVirtualMachine?>(null);
        }

        RunningVmm vmm = TakeUp(spec, paths, identity!.ProcessId, process, hasControlGroup: true);
        return Task.FromResult<IVirtualMachine?>(new VmmMachine(vmm, new QmpControl(paths.Monitor)));
    }

    /// <param name="template">What it is made of; null: it boots.</param>
    private VmmMachine Start(VmSpec spec, string qemu, VmPaths paths, TemplateFiles? template)
    {
        using VmStart start = Prepare(spec, paths);
        try
        {
            using Socket monitor = UnixListener.Open(paths.Monitor);
            JailSpec jail = JailOf(start, [qemu, .. Arguments(start, template is not null)], template is not null);
            IReadOnlyList<SafeHandle> image = template is null ? [] : [template.Memory, template.State];
            MarkRestoring(paths, template is not null);
            VmmProcess process = Launch(start, jail, [monitor.SafeHandle, .. start.Inherited, .. image]);
            return new VmmMachine(Running(start, process), new QmpControl(paths.Monitor)) { IsRestored = template is not null };
        }
        catch (Exception e)
        {
            throw Abandon(start, e);
        }
    }

    private IReadOnlyList<string> Arguments(VmStart start, bool isRestored) => isRestored
        ? QemuCommandLine.BuildRestored(start.Spec, Info, start.Paths, start.Cid, TemplateMaker.DescriptorPath(_jail, QemuCommandLine.MemoryFd(start.Spec)))
        : QemuCommandLine.Build(start.Spec, Info, start.Paths, start.Cid, TscKilohertz());

    /// <summary>A user, and the files of a VM that is to start; after it <see cref="Running"/> or <see cref="Abandon"/>.</summary>
    internal VmStart Prepare(VmSpec spec, VmPaths paths)
    {
        paths.Remove();
        uint? user = _jail?.Users?.Take(spec.Id);
        ShareServer? shares = null;
        try
        {
            shares = _shares.Start(spec, paths, QemuJail.LimitsOf(spec, Info.Accelerator));
            return VmStart.Create(spec, paths, user, Info.Transport, shares);
        }
        catch
        {
            shares?.Abandon();
            Forget(spec, user);
            throw;
        }
    }

    /// <summary>Nothing of it runs; the error says so.</summary>
    internal Exception Abandon(VmStart start, Exception error)
    {
        start.Shares?.Abandon();
        Forget(start.Spec, start.User);
        return start.Abandon(error);
    }

    internal RunningVmm Running(VmStart start, VmmProcess process) => new()
    {
        Spec = start.Spec,
        Paths = start.Paths,
        Process = process,
        Transport = start.Transport,
        Console = start.Console,
        Messages = start.Messages,
        Shares = start.Shares,
        SetCpuQuota = CpuQuota(start.Spec),
        Gone = () => Forget(start.Spec, start.User),
    };

    /// <summary>A VM that an earlier daemon started, in the driver's way.</summary>
    internal RunningVmm TakeUp(VmSpec spec, VmPaths paths, int pid, PidFd process, bool hasControlGroup)
    {
        uint? user = VmUsers.Read(paths.User);
        Adopt(spec, pid, user, hasControlGroup);
        return new()
        {
            Spec = spec,
            Paths = paths,
            Process = new(pid, process, guard: null),
            Transport = VmStart.TransportOf(paths, VsockReservation.Read(paths.Cid)),
            Console = new ConsoleLog(paths.ConsoleOutput, spec.ConsoleLog),
            Messages = VmmMessages.Open(paths.Messages),
            Shares = _shares.Adopt(spec, paths),
            SetCpuQuota = CpuQuota(spec),
            Gone = () => Forget(spec, user),
        };
    }

    private Func<double, bool> CpuQuota(VmSpec spec) => cpus => _jail?.Groups.TrySetCpus(spec.Id, cpus) ?? false;

    /// <param name="command">QEMU and its arguments.</param>
    internal JailSpec JailOf(VmStart start, IReadOnlyList<string> command, bool isRestored = false) =>
        QemuJail.Of(start.Spec, command, start.Paths, start.User, Info.Accelerator, isRestored);

    /// <summary>Starts it, in a jail if that is not switched off, and writes down which process it is before it begins.</summary>
    private VmmProcess Launch(VmStart start, JailSpec spec, IReadOnlyList<SafeHandle> inherited)
    {
        if (_jail is null)
        {
            int pid = ChildProcess.Start(spec.Command[0], spec.Command, start.Messages.Handle, inherited);
            return Register(new VmmProcess(pid, PidFd.Open(pid), guard: null), start);
        }

        QemuJail.Prepare(start.Spec, start.Paths, start.User);
        return Begin(_jail.Start(spec, start.Messages.Handle, inherited, QemuJail.LongestFile(start.Spec)), start);
    }

    /// <summary>The same for a process that is already there.</summary>
    /// <param name="keeper">mvm-emulator.</param>
    internal VmmProcess LaunchAs(IJailEntrant entrant, VmStart start, JailSpec spec, string keeper)
    {
        if (_jail is null)
        {
            var process = new VmmProcess(entrant.ProcessId, PidFd.Open(entrant.ProcessId), guard: null);
            Register(process, start);
            entrant.Become(0, spec.Command, start.Messages.Handle, start.Inherited, []);
            return process;
        }

        QemuJail.Prepare(start.Spec, start.Paths, start.User);
        return Begin(_jail.Enter(spec, entrant, keeper, start.Messages.Handle, start.Inherited, QemuJail.LongestFile(start.Spec)), start);
    }

    private VmmProcess Begin(JailedVmm vmm, VmStart start)
    {
        using (vmm)
        {
            Register(vmm.Process, start);
            start.Shares?.Release();
            vmm.Release();
            return vmm.Process;
        }
    }

    /// <summary>Writes down which process it is; a VM that nobody will know of, because that failed, must not run on.</summary>
    private VmmProcess Register(VmmProcess process, VmStart start)
    {
        try
        {
            OutOfMemoryScore.MakeVictim(process.ProcessId);
            if (start.User is { } number)
            {
                _jail?.Users?.Give(number, start.Spec.Id, process.ProcessId);
                VmUsers.Write(start.Paths.User, number);
            }

            ProcessIdentity.Of(process.ProcessId).Write(start.Paths.Process);
            return process;
        }
        catch
        {
            process.Kill();
            _ = process.ReapAsync();
            throw;
        }
    }

    /// <summary>Nothing of the VM runs any more.</summary>
    internal void Forget(VmSpec spec, uint? user)
    {
        _jail?.Groups.Delete(spec.Id);
        if (user is { } number)
        {
            _jail?.Users?.Release(number);
        }
    }

    /// <summary>The daemon before this one may have ended before the VM was in its group.</summary>
    private void Adopt(VmSpec spec, int pid, uint? user, bool hasControlGroup)
    {
        if (user is { } number)
        {
            _jail?.Users?.Give(number, spec.Id, pid);
            _jail?.Confine(spec.Id, hasControlGroup ? [pid] : []);
        }
    }

    /// <summary>What is left of a VM that no process is known of.</summary>
    internal void Clear(VmSpec spec, VmPaths paths, bool isKnown)
    {
        if (!isKnown)
        {
            StrayVmm.Kill(paths.Token);
        }

        ShareServers.Clear(spec, paths);
        paths.Remove();
        Forget(spec, user: null);
    }

    /// <summary>QEMU and its arguments for a VM of this driver's without devices, to compare with.</summary>
    /// <param name="memory">Bytes, a multiple of 1 MiB.</param>
    internal IReadOnlyList<string> BareCommand(string kernel, string initramfs, int vcpus, long memory) =>
        [FindQemu(), .. QemuCommandLine.BuildBare(kernel, initramfs, vcpus, memory, Info, TscKilohertz())];

    /// <summary>KVM tells its guests itself.</summary>
    internal uint? TscKilohertz() => Info.Accelerator == "tcg" ? _counter?.MeasureKilohertz() : null;

    internal string FindQemu() => QemuInstallation.Find(_options.QemuPath);

    private HypervisorInfo Inspect()
    {
        string reason = _options.Accelerator switch
        {
            "tcg" => "set in the configuration",
            _ => KvmProbe.Run(),
        };
        bool kvm = reason.Length == 0 || _options.Accelerator == "kvm";
        bool vsock = kvm && VhostVsock.IsUsable();
        return new("qemu", kvm ? "kvm" : "tcg", kvm ? "" : reason, vsock ? "vsock" : "virtio-serial", QemuVersion.Read(FindQemu()));
    }
}
