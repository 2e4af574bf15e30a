using System.Diagnostics;

namespace MicroVm.Integration.Tests.Infrastructure;

public static class VmmProcess
{
    private const string Template = "mvm-template-";

    /// <summary>The arguments of every VMM on the machine that has a container's VM, by pid.</summary>
    public static IReadOnlyDictionary<int, string[]> All() => Find(arguments => !IsTemplate(arguments));

    /// <summary>Of those that make a template of VMs, which a daemon does in its own time.</summary>
    public static IReadOnlyDictionary<int, string[]> Templates() => Find(IsTemplate);

    private static bool IsTemplate(string[] arguments) => arguments.Any(argument => argument.StartsWith(Template, StringComparison.Ordinal));

    private static Dictionary<int, string[]> Find(Func<string[], bool> isMeant)
    {
        Dictionary<int, string[]> all = [];
        foreach (Process process in Process.GetProcesses().Where(p => p.ProcessName.StartsWith("qemu-system", StringComparison.Ordinal)))
        {
            if (Arguments(process.Id) is { } arguments && isMeant(arguments))
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
