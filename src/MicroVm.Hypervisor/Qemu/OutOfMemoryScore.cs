using System.Globalization;

namespace MicroVm.Hypervisor.Qemu;

/// <summary>
/// Which process the host's kernel ends when memory runs out (proc(5), oom_score_adj, -1000 to 1000): a VM before the daemon,
/// whose own value, below 0 as a service, every child inherits.
/// </summary>
internal static class OutOfMemoryScore
{
    private const int Above = 100;
    private const int Highest = 1000;

    /// <summary>0 where the daemon is protected, else more than the daemon's: to go lower takes a privilege.</summary>
    public static int ForVm(int daemon) => Math.Clamp(daemon + Above, 0, Highest);

    public static void MakeVictim(int pid)
    {
        int own = int.Parse(File.ReadAllText("/proc/self/oom_score_adj"), CultureInfo.InvariantCulture);
        try
        {
            File.WriteAllText($"/proc/{pid}/oom_score_adj", ForVm(own).ToString(CultureInfo.InvariantCulture));
        }
        catch (IOException)
        {
            // It has ended already, which its watcher tells.
        }
    }
}
