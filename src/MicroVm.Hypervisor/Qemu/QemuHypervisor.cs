using System.ComponentModel;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using MicroVm.Hypervisor.Channel;
using MicroVm.Hypervisor.Jail;
using MicroVm.Hypervisor.Kvm;
using MicroVm.Interop.Cpu;
using MicroVm.Interop.Posix;
using MicroVm.Interop.Processes;
using MicroVm.Interop.Vsock;

namespace MicroVm.Hypervisor.Qemu;

/// <summary>Runs each VM in a QEMU process of its own, which outlives this one.</summary>
public sealed class QemuHypervisor : IHypervisor
{
    private readonly HypervisorOptions _options;
    private readonly Lazy<HypervisorInfo> _info;
    private readonly VmmJail? _jail;

    // Begins to measure at once: the first VM needs not wait then.
    private readonly TimestampCounter? _counter = TimestampCounter.IsInvariant ? new() : null;

    public QemuHypervisor(HypervisorOptions options)
    {
        _options = options;
        _info = new(Inspect);
        _jail = options.Jail.Enabled
            ? new(options.Jail, Path.Combine(options.Directory, "programs"), FindQemu, QemuInstallation.DataOf)
            : null;
    }

    public HypervisorInfo Info => _info.Value;

    public async Task<IVirtualMachine> StartAsync(VmSpec spec, CancellationToken cancellationToken)
    {
        VmSpecCheck.Check(spec);
        string qemu = FindQemu();
        var paths = new VmPaths(spec.RuntimeDirectory);
        try
        {
            return await Task.Run(() => Start(spec, qemu, paths), cancellationToken).ConfigureAwait(false);
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
        if (process is null)
        {
            Clear(spec, paths, isKnown: identity is not null);
            return Task.FromResult<IVirtualMachine?>(null);
        }

        uint? user = VmUsers.Read(paths.User);
        Adopt(spec, identity!.ProcessId, user);
        IAgentTransport transport = Transport(paths, VsockReservation.Read(paths.Cid));
        VmmProcess vmm = new(identity.ProcessId, process, guard: null);
        return Task.FromResult<IVirtualMachine?>(
            new QemuMachine(spec, paths, vmm, transport, null, VmmMessages.Open(paths.Messages), CpuQuota(spec), () => Forget(spec, user)));
    }

    private Func<double, bool> CpuQuota(VmSpec spec) => cpus => _jail?.Groups.TrySetCpus(spec.Id, cpus) ?? false;

    private static IAgentTransport Transport(VmPaths paths, uint? cid) =>
        cid is { } number ? new VsockTransport(number) : new SerialTransport(paths.Channel);

    private QemuMachine Start(VmSpec spec, string qemu, VmPaths paths)
    {
        paths.Remove();
        uint? user = _jail?.Users?.Take();
        try
        {
            WriteToken(paths.Token, spec.Token);
            NamedPipe.Create(paths.ConsoleOutput);
            NamedPipe.Create(paths.ConsoleInput);
            return Start(spec, qemu, paths, user);
        }
        catch
        {
            Forget(spec, user);
            throw;
        }
    }

    private QemuMachine Start(VmSpec spec, string qemu, VmPaths paths, uint? user)
    {
        VmmMessages messages = VmmMessages.Create(paths.Messages);
        ConsoleLog? console = null;
        try
        {
            console = new ConsoleLog(paths.ConsoleOutput, spec.ConsoleLog);
            using VsockReservation? vsock = Info.Transport == "vsock" ? VsockReservation.Take() : null;
            vsock?.Write(paths.Cid);
            using Socket monitor = Listen(paths.Monitor);
            using Socket? serial = vsock is null ? Listen(paths.Channel) : null;
            SafeHandle channel = vsock is null ? serial!.SafeHandle : vsock.Device;
            IReadOnlyList<string> command = [qemu, .. QemuCommandLine.Build(spec, Info, paths, vsock?.Cid, TscKilohertz())];
            VmmProcess process = Launch(spec, command, paths, user, messages, [monitor.SafeHandle, channel]);
            return new QemuMachine(spec, paths, process, Transport(paths, vsock?.Cid), console, messages, CpuQuota(spec), () => Forget(spec, user));
        }
        catch (Exception e)
        {
            string? lastLine = messages.LastLine();
            console?.Dispose();
            messages.Dispose();
            throw e is HypervisorException && lastLine is not null ? new HypervisorException($"{e.Message}: {lastLine}", e) : e;
        }
    }

    private VmmProcess Launch(
        VmSpec spec, IReadOnlyList<string> command, VmPaths paths, uint? user, VmmMessages messages, IReadOnlyList<SafeHandle> inherited)
    {
        if (_jail is null)
        {
            int pid = ChildProcess.Start(command[0], command, messages.Handle, inherited);
            return Register(new VmmProcess(pid, PidFd.Open(pid), guard: null), paths);
        }

        QemuJail.Prepare(spec, paths, user);
        JailSpec jailed = QemuJail.Of(spec, command, paths, user, Info.Accelerator);
        JailedVmm vmm = _jail.Start(jailed, messages.Handle, inherited, new FileInfo(spec.Scratch.Path).Length);
        try
        {
            return Register(vmm.Process, paths, user);
        }
        finally
        {
            vmm.Release();
        }
    }

    /// <summary>Writes down which process it is; a VM that nobody will know of, because that failed, must not run on.</summary>
    private static VmmProcess Register(VmmProcess process, VmPaths paths, uint? user = null)
    {
        try
        {
            OutOfMemoryScore.MakeVictim(process.ProcessId);
            if (user is { } number)
            {
                VmUsers.Write(paths.User, number);
            }

            ProcessIdentity.Of(process.ProcessId).Write(paths.Process);
            return process;
        }
        catch
        {
            process.Kill();
            _ = process.ReapAsync();
            throw;
        }
    }

    /// <summary>Bounds a VMM that another started, as far as this daemon may: its control group is the VM's.</summary>
    /// <exception cref="IOException">The host refuses.</exception>
    internal void Confine(VmSpec spec, int pid)
    {
        if (_jail?.Users is not null)
        {
            _jail.Groups.Create(spec.Id, QemuJail.LimitsOf(spec, Info.Accelerator));
            _jail.Confine(spec.Id, [pid]);
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
    private void Adopt(VmSpec spec, int pid, uint? user)
    {
        if (user is { } number)
        {
            _jail?.Users?.Adopt(number);
            _jail?.Confine(spec.Id, [pid]);
        }
    }

    private void Clear(VmSpec spec, VmPaths paths, bool isKnown)
    {
        if (!isKnown)
        {
            StrayVmm.Kill(paths);
        }

        paths.Remove();
        Forget(spec, user: null);
    }

    /// <summary>QEMU and its arguments for a VM of this driver's without devices, to compare with.</summary>
    /// <param name="memory">Bytes, a multiple of 1 MiB.</param>
    internal IReadOnlyList<string> BareCommand(string kernel, string initramfs, int vcpus, long memory) =>
        [FindQemu(), .. QemuCommandLine.BuildBare(kernel, initramfs, vcpus, memory, Info, TscKilohertz())];

    /// <summary>KVM tells its guests itself.</summary>
    internal uint? TscKilohertz() => Info.Accelerator == "tcg" ? _counter?.MeasureKilohertz() : null;

    private static Socket Listen(string path)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            // The runtime unlinks the name it bound when the socket is disposed: it finds another one gone.
            socket.Bind(new UnixDomainSocketEndPoint(path + "~"));
            File.SetUnixFileMode(path + "~", UnixFileMode.UserRead | UnixFileMode.UserWrite);
            socket.Listen(4);
            File.Move(path + "~", path);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    internal static void WriteToken(string path, byte[] token)
    {
        using SafeFileHandle file = File.OpenHandle(path, FileMode.Create, FileAccess.Write, FileShare.None);
        File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        RandomAccess.Write(file, token, 0);
    }

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
