using System.Net.Sockets;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using MicroVm.Hypervisor.Channel;
using MicroVm.Hypervisor.Shares;
using MicroVm.Interop.Netlink;
using MicroVm.Interop.Posix;

namespace MicroVm.Hypervisor.Qemu;

/// <summary>What a VM's QEMU finds when it starts, whoever starts it: its token, its console, its agent's channel.</summary>
internal sealed class VmStart : IDisposable
{
    private readonly VsockReservation? _vsock;
    private readonly Socket? _serial;
    private readonly IReadOnlyList<SafeHandle> _taps;

    private VmStart(VmSpec spec, VmPaths paths, uint? user, VsockReservation? vsock)
    {
        (Spec, Paths, User, _vsock) = (spec, paths, user, vsock);
        _serial = vsock is null ? UnixListener.Open(paths.Channel) : null;
        _taps = [.. spec.Networks.Select(n => n.Tap).OfType<string>().Select(TapDevice.Create)];
        Messages = VmmMessages.Create(paths.Messages);
        Console = new ConsoleLog(paths.ConsoleOutput, spec.ConsoleLog);
    }

    public VmSpec Spec { get; }

    public VmPaths Paths { get; }

    /// <summary>Null: the daemon's own.</summary>
    public uint? User { get; }

    public VmmMessages Messages { get; }

    public ConsoleLog Console { get; }

    /// <summary>Null: it shares nothing with the host.</summary>
    public ShareServer? Shares { get; init; }

    /// <summary>Null: the channel is a virtio-serial port.</summary>
    public uint? Cid => _vsock?.Cid;

    /// <summary>For QEMU to inherit: the channel, then the taps, which live as long as it.</summary>
    public IReadOnlyList<SafeHandle> Inherited => [_vsock is null ? _serial!.SafeHandle : _vsock.Device, .. _taps];

    public IAgentTransport Transport => TransportOf(Paths, Cid);

    /// <param name="user">Who will run it; null: the daemon's own.</param>
    /// <param name="transport">vsock or virtio-serial.</param>
    /// <exception cref="HypervisorException">Something of the host can't be used.</exception>
    public static VmStart Create(VmSpec spec, VmPaths paths, uint? user, string transport, ShareServer? shares)
    {
        WriteToken(paths.Token, spec.Token);
        NamedPipe.Create(paths.ConsoleOutput);
        NamedPipe.Create(paths.ConsoleInput);
        VsockReservation? vsock = transport == "vsock" ? VsockReservation.Take() : null;
        try
        {
            vsock?.Write(paths.Cid);
            return new VmStart(spec, paths, user, vsock) { Shares = shares };
        }
        catch
        {
            vsock?.Dispose();
            throw;
        }
    }

    public static IAgentTransport TransportOf(VmPaths paths, uint? cid) =>
        cid is { } number ? new VsockTransport(number) : new SerialTransport(paths.Channel);

    /// <summary>For a VM that did not come to be: the error, with what the VMM has said.</summary>
    public Exception Abandon(Exception error)
    {
        string? lastLine = Messages.LastLine();
        Console.Dispose();
        Messages.Dispose();
        return error is HypervisorException && lastLine is not null ? new HypervisorException($"{error.Message}: {lastLine}", error) : error;
    }

    /// <summary>The VMM has what is its own.</summary>
    public void Dispose()
    {
        _vsock?.Dispose();
        _serial?.Dispose();
        foreach (SafeHandle tap in _taps)
        {
            tap.Dispose();
        }
    }

    private static void WriteToken(string path, byte[] token)
    {
        using SafeFileHandle file = File.OpenHandle(path, FileMode.Create, FileAccess.Write, FileShare.None);
        File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        RandomAccess.Write(file, token, 0);
    }
}
