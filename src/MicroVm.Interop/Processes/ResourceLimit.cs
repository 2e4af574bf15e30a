using System.ComponentModel;
using System.Runtime.InteropServices;

namespace MicroVm.Interop.Processes;

/// <summary>Limits of another process (prlimit(2)); numbers of x86-64.</summary>
public enum ResourceLimit
{
    FileSize = 1,
    Core = 4,
    Processes = 6,
    OpenFiles = 7,
    LockedMemory = 8,
}

public static partial class ResourceLimits
{
    /// <summary>Soft and hard limit at once.</summary>
    /// <exception cref="Win32Exception">No such process, or no right to.</exception>
    public static unsafe void Set(int pid, ResourceLimit limit, ulong value)
    {
        ulong* both = stackalloc ulong[2] { value, value };
        if (Prlimit(pid, (int)limit, both, null) != 0)
        {
            throw new Win32Exception(Marshal.GetLastPInvokeError());
        }
    }

    /// <summary>The same, but no more than the process may have already where this one has no right to give it more.</summary>
    /// <exception cref="Win32Exception">No such process.</exception>
    public static unsafe void SetAtMost(int pid, ResourceLimit limit, ulong value)
    {
        ulong* both = stackalloc ulong[2] { value, value };
        if (Prlimit(pid, (int)limit, both, null) == 0)
        {
            return;
        }

        ulong* old = stackalloc ulong[2];
        if (Prlimit(pid, (int)limit, null, old) != 0)
        {
            throw new Win32Exception(Marshal.GetLastPInvokeError());
        }

        Set(pid, limit, Math.Min(value, old[1]));
    }

    [LibraryImport("libc", EntryPoint = "prlimit", SetLastError = true)]
    private static unsafe partial int Prlimit(int pid, int resource, ulong* newLimit, ulong* oldLimit);
}
