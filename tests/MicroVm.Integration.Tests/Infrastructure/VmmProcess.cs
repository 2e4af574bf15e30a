using System.Diagnostics;

namespace MicroVm.Integration.Tests.Infrastructure;

public static class VmmProcess
{
    /// <summary>The arguments of every VMM on the machine, by pid.</summary>
    public static IReadOnlyDictionary<int, string[]> All()
    {
        Dictionary<int, string[]> all = [];
        foreach (Process process in Process.GetProcesses().Where(p => p.ProcessName.StartsWith("qemu-system", StringComparison.Ordinal)))
        {
            if (Arguments(process.Id) is { } arguments)
            {
                all[process.Id] = arguments;
            }
        }

        return all;
    }

    /// <summary>Null for a process that has gone: /proc says so when opened (ENOENT) or only when read (ESRCH).</summary>
    private static string[]? Arguments(int process)
    {
        try
        {
            return File.ReadAllText($"/proc/{process}/cmdline").Split('\0');
        }
        catch (IOException)
        {
            return null;
        }
    }
}
