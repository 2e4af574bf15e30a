using System.ComponentModel;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace MicroVm.Interop.Processes;

/// <summary>
/// One process, whatever becomes of its number (pidfd_open(2)): its signals can't hit another, and its end is noticed
/// without being its parent.
/// </summary>
public sealed partial class PidFd : SafeHandleZeroOrMinusOneIsInvalid
{
    private const int IdTypePidFd = 3; // P_PIDFD
    private const int WaitExited = 4;
    private const int WaitNoHang = 1;
    private const int ChildExited = 1; // CLD_EXITED
    private const int NoSuchProcess = 3;
    private const int SigInfoSize = 128;
    private const long SysPidFdSendSignal = 424;
    private const long SysPidFdOpen = 434;

    public PidFd()
        : base(ownsHandle: true)
    {
    }

    /// <exception cref="Win32Exception">There is no such process.</exception>
    public static PidFd Open(int pid)
    {
        var fd = new PidFd();
        fd.SetHandle((nint)SystemCall(SysPidFdOpen, pid, 0));
        return fd.IsInvalid ? throw new Win32Exception(Marshal.GetLastPInvokeError()) : fd;
    }

    /// <summary>False when the process has ended.</summary>
    public bool Signal(int signal)
    {
        bool held = false;
        try
        {
            DangerousAddRef(ref held);
            if (SystemCall(SysPidFdSendSignal, (long)handle, signal, 0, 0) == 0)
            {
                return true;
            }

            int errno = Marshal.GetLastPInvokeError();
            return errno == NoSuchProcess ? false : throw new Win32Exception(errno);
        }
        finally
        {
            if (held)
            {
                DangerousRelease();
            }
        }
    }

    /// <summary>
    /// Reaps it when it is a child of this process and has ended: exit code, or minus the signal. Null where its parent is
    /// another, who gets the status.
    /// </summary>
    public unsafe int? Reap()
    {
        int* info = stackalloc int[SigInfoSize / sizeof(int)];
        if (WaitId(IdTypePidFd, this, info, WaitExited | WaitNoHang) != 0 || info[0] == 0)
        {
            return null;
        }

        // siginfo_t: si_signo, si_errno, si_code, padding, si_pid, si_uid, si_status.
        return info[2] == ChildExited ? info[6] : -info[6];
    }

    protected override bool ReleaseHandle() => Close((int)handle) == 0;

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    private static partial long SystemCall(long number, long first, long second);

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    private static partial long SystemCall(long number, long first, long second, long third, long fourth);

    [LibraryImport("libc", EntryPoint = "waitid", SetLastError = true)]
    private static unsafe partial int WaitId(int type, PidFd id, int* info, int options);

    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int Close(int fd);
}
