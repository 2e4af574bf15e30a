using System.ComponentModel;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using MicroVm.Hypervisor.Channel;
using MicroVm.Hypervisor.Kvm;
using MicroVm.Interop.Cpu;
using MicroVm.Interop.Posix;
using MicroVm.Interop.Processes;
using MicroVm.Interop.Vsock;

namespace MicroVm.Hypervisor.Qemu;

/// <summary>Runs each VM in a QEMU process of its own, which outlives this one.</summary>
public sealed class QemuHypervisor : IHypervisor
{
    private const int SigKill = 9;
    private readonly HypervisorOptions _options;
    private readonly Lazy<HypervisorInfo> _info;

    // Begins to measure at once: the first VM needs not wait then.
    private readonly TimestampCounter? _counter = TimestampCounter.IsInvariant ? new() : null;

    public QemuHypervisor(HypervisorOptions options)
    {
        _options = options;
        _info = new(Inspect);
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
        catch (HypervisorException)
        {
            paths.Remove();
            throw;
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
            paths.Remove();
            return Task.FromResult<IVirtualMachine?>(null);
        }

        IAgentTransport transport = Transport(paths, VsockReservation.Read(paths.Cid));
        return Task.FromResult<IVirtualMachine?>(new QemuMachine(spec, paths, identity!.ProcessId, process, transport, null));
    }

    private static IAgentTransport Transport(VmPaths paths, uint? cid) =>
        cid is { } number ? new VsockTransport(number) : new SerialTransport(paths.Channel);

    private QemuMachine Start(VmSpec spec, string qemu, VmPaths paths)
    {
        paths.Remove();
        WriteToken(paths.Token, spec.Token);
        NamedPipe.Create(paths.ConsoleOutput);
        NamedPipe.Create(paths.ConsoleInput);
        var console = new ConsoleLog(paths.ConsoleOutput, spec.ConsoleLog);
        try
        {
            using VsockReservation? vsock = Info.Transport == "vsock" ? VsockReservation.Take() : null;
            vsock?.Write(paths.Cid);
            using Socket monitor = Listen(paths.Monitor);
            using Socket? serial = vsock is null ? Listen(paths.Channel) : null;
            using SafeFileHandle messages = File.OpenHandle(paths.Messages, FileMode.Create, FileAccess.Write, FileShare.ReadWrite);
            SafeHandle channel = vsock is null ? serial!.SafeHandle : vsock.Device;
            IReadOnlyList<string> arguments = [qemu, .. QemuCommandLine.Build(spec, Info, paths, vsock?.Cid, TscKilohertz())];
            int pid = ChildProcess.Start(qemu, arguments, messages, [monitor.SafeHandle, channel]);
            PidFd process = PidFd.Open(pid);
            try
            {
                OutOfMemoryScore.MakeVictim(pid);
                ProcessIdentity.Of(pid).Write(paths.Process);
                return new QemuMachine(spec, paths, pid, process, Transport(paths, vsock?.Cid), console);
            }
            catch
            {
                Abandon(process);
                throw;
            }
        }
        catch
        {
            console.Dispose();
            throw;
        }
    }

    /// <summary>QEMU and its arguments for a VM of this driver's without devices, to compare with.</summary>
    /// <param name="memory">Bytes, a multiple of 1 MiB.</param>
    internal IReadOnlyList<string> BareCommand(string kernel, string initramfs, int vcpus, long memory) =>
        [FindQemu(), .. QemuCommandLine.BuildBare(kernel, initramfs, vcpus, memory, Info, TscKilohertz())];

    /// <summary>KVM tells its guests itself.</summary>
    private uint? TscKilohertz() => Info.Accelerator == "tcg" ? _counter?.MeasureKilohertz() : null;

    /// <summary>A VM that nobody will know of, because its files could not be written, must not run on.</summary>
    private static void Abandon(PidFd process)
    {
        process.Signal(SigKill);
        _ = ReapAsync(process);
    }

    private static async Task ReapAsync(PidFd process)
    {
        await ProcessWatcher.Shared.WatchAsync(process).ConfigureAwait(false);
        process.Dispose();
    }

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

    private string FindQemu()
    {
        string? found = _options.QemuPath
            ?? (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Select(d => Path.Combine(d, "qemu-system-x86_64")).FirstOrDefault(File.Exists);
        return found is not null && File.Exists(found)
            ? found
            : throw new HypervisorException($"{_options.QemuPath ?? "qemu-system-x86_64"} not found: apt-get install qemu-system-x86");
    }

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
