using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace MicroVm.Integration.Tests.Infrastructure;

/// <summary>Breaks a daemon's connections to its guests from outside, as a transport that fails does.</summary>
public static partial class Severance
{
    private const int PidfdOpen = 434;
    private const int PidfdGetfd = 438;
    private const int ShutdownBoth = 2;

    /// <summary>Shuts down those of a process's sockets whose peer fits, again and again until a task ends or so many were broken; returns how many.</summary>
    /// <param name="fits">Is given a peer's address as the kernel has it: struct sockaddr.</param>
    /// <param name="pause">Before each time.</param>
    public static async Task<int> RepeatAsync(Task end, int process, Func<byte[], bool> fits, int most, Func<TimeSpan> pause)
    {
        int severed = 0;
        while (severed < most && await Task.WhenAny(end, Task.Delay(pause(), TestContext.Current.CancellationToken)) != end)
        {
            severed += Sever(process, fits);
        }

        return severed;
    }

    private static int Sever(int process, Func<byte[], bool> fits)
    {
        using SafeFileHandle owner = Handle(SystemCall(PidfdOpen, process, 0, 0));
        int severed = 0;
        foreach (string link in Directory.GetFiles($"/proc/{process}/fd"))
        {
            severed += TrySever(owner, int.Parse(Path.GetFileName(link), System.Globalization.CultureInfo.InvariantCulture), fits) ? 1 : 0;
        }

        return severed;
    }

    private static bool TrySever(SafeFileHandle owner, int descriptor, Func<byte[], bool> fits)
    {
        using SafeFileHandle copy = Handle(SystemCall(PidfdGetfd, owner.DangerousGetHandle(), descriptor, 0));
        byte[] peer = new byte[128];
        int length = peer.Length;
        return !copy.IsInvalid && GetPeerName(copy, peer, ref length) == 0 && fits(peer[..Math.Min(length, peer.Length)]) && Shutdown(copy, ShutdownBoth) == 0;
    }

    private static SafeFileHandle Handle(nint descriptor) => new(descriptor, ownsHandle: true);

    [LibraryImport("libc", EntryPoint = "syscall")]
    private static partial nint SystemCall(nint number, nint first, nint second, nint third);

    [LibraryImport("libc", EntryPoint = "getpeername")]
    private static partial int GetPeerName(SafeFileHandle socket, byte[] address, ref int length);

    [LibraryImport("libc", EntryPoint = "shutdown")]
    private static partial int Shutdown(SafeFileHandle socket, int how);
}
