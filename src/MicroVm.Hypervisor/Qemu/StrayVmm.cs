using System.ComponentModel;
using System.Globalization;
using System.Text;
using MicroVm.Interop.Processes;

namespace MicroVm.Hypervisor.Qemu;

/// <summary>
/// VMMs of a daemon that was killed after it started them and before it wrote down which process that was. Their own
/// arguments, which nobody else's hold, name the VM's token.
/// </summary>
internal static class StrayVmm
{
    private const int SigKill = 9;

    /// <summary>Ends those of one VM.</summary>
    /// <param name="argument">What their arguments hold, and no others'.</param>
    public static void Kill(string argument)
    {
        byte[] mark = Encoding.UTF8.GetBytes(argument);
        foreach (string directory in Directory.EnumerateDirectories("/proc"))
        {
            if (int.TryParse(Path.GetFileName(directory), NumberStyles.None, CultureInfo.InvariantCulture, out int pid) && Names(directory, mark))
            {
                Kill(pid, directory, mark);
            }
        }
    }

    private static void Kill(int pid, string directory, byte[] mark)
    {
        try
        {
            using PidFd process = PidFd.Open(pid);
            if (Names(directory, mark)) // Still the same process.
            {
                process.Signal(SigKill);
            }
        }
        catch (Win32Exception)
        {
            // It has ended.
        }
    }

    private static bool Names(string directory, byte[] mark)
    {
        try
        {
            return File.ReadAllBytes(Path.Combine(directory, "cmdline")).AsSpan().IndexOf(mark) >= 0;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}
