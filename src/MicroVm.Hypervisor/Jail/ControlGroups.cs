using System.Globalization;

namespace MicroVm.Hypervisor.Jail;

/// <summary>What a VM's control group bounds.</summary>
/// <param name="Memory">Bytes.</param>
/// <param name="Tasks">Processes and threads.</param>
/// <param name="Cpus">CPUs' worth of time.</param>
internal sealed record GroupLimits(long Memory, int Tasks, double Cpus);

/// <summary>
/// The host's control groups: version 2 (cgroups(7)) where it has the controllers, else the hierarchies of version 1. What
/// neither has is not bounded, and <see cref="Missing"/> says so.
/// </summary>
internal sealed class ControlGroups
{
    private const int PeriodMicroseconds = 100_000;
    private static readonly string[] s_controllers = ["memory", "pids", "cpu"];
    private readonly string _parent;
    private readonly IReadOnlyList<Hierarchy> _hierarchies;
    private readonly Lock _lock = new();
    private bool _isPrepared;

    /// <param name="parent">From the hierarchies' roots.</param>
    /// <param name="mounts">The lines of /proc/self/mounts.</param>
    public ControlGroups(string parent, IEnumerable<string> mounts)
    {
        _parent = parent.Trim('/');
        _hierarchies = Find([.. mounts]);
        Missing = [.. s_controllers.Except(_hierarchies.SelectMany(h => h.Controllers))];
    }

    /// <summary>Controllers that this host does not offer.</summary>
    public IReadOnlyList<string> Missing { get; }

    /// <summary>The group's directories, in every hierarchy.</summary>
    public IReadOnlyList<string> DirectoriesOf(string name) => [.. _hierarchies.Select(h => Path.Combine(h.Mount, _parent, name))];

    /// <summary>An empty group with these limits.</summary>
    /// <exception cref="IOException">The host does not let us.</exception>
    /// <exception cref="UnauthorizedAccessException">Likewise.</exception>
    public void Create(string name, GroupLimits limits)
    {
        Prepare();
        foreach (Hierarchy hierarchy in _hierarchies)
        {
            string directory = Directory.CreateDirectory(Path.Combine(hierarchy.Mount, _parent, name)).FullName;
            foreach ((string file, string value) in Settings(hierarchy, limits))
            {
                File.WriteAllText(Path.Combine(directory, file), value);
            }
        }
    }

    /// <summary>Changes the processor time of a group. False: there is none, or the host does not bound it.</summary>
    public bool TrySetCpus(string name, double cpus)
    {
        if (_hierarchies.FirstOrDefault(h => h.Controllers.Contains("cpu")) is not { } hierarchy)
        {
            return false;
        }

        string directory = Path.Combine(hierarchy.Mount, _parent, name);
        (string file, string value) = CpuSetting(hierarchy.IsUnified, cpus);
        try
        {
            File.WriteAllText(Path.Combine(directory, file), value);
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    /// <summary>A process with all its threads, if it is still there; what it starts later comes with it.</summary>
    public void Add(string name, int pid)
    {
        foreach (string directory in DirectoriesOf(name))
        {
            try
            {
                File.WriteAllText(Path.Combine(directory, "cgroup.procs"), pid.ToString(CultureInfo.InvariantCulture));
            }
            catch (IOException) when (!Directory.Exists($"/proc/{pid}"))
            {
                return; // It has ended, and its group may have gone with it.
            }
        }
    }

    /// <summary>Removes a group whose processes have ended; one that is not there is no error.</summary>
    public void Delete(string name)
    {
        foreach (string directory in DirectoriesOf(name))
        {
            DeleteSoon(directory);
        }
    }

    private static IEnumerable<(string File, string Value)> Settings(Hierarchy hierarchy, GroupLimits limits)
    {
        string memory = limits.Memory.ToString(CultureInfo.InvariantCulture);
        string tasks = limits.Tasks.ToString(CultureInfo.InvariantCulture);
        foreach (string controller in hierarchy.Controllers)
        {
            yield return (controller, hierarchy.IsUnified) switch
            {
                ("memory", true) => ("memory.max", memory),
                ("memory", false) => ("memory.limit_in_bytes", memory),
                ("cpu", var isUnified) => CpuSetting(isUnified, limits.Cpus),
                _ => ("pids.max", tasks),
            };
        }
    }

    private static (string File, string Value) CpuSetting(bool isUnified, double cpus)
    {
        string quota = ((long)(cpus * PeriodMicroseconds)).ToString(CultureInfo.InvariantCulture);
        return isUnified
            ? ("cpu.max", $"{quota} {PeriodMicroseconds}")
            : ("cpu.cfs_quota_us", quota); // of the default period, 100 ms
    }

    private static List<Hierarchy> Find(string[] mounts)
    {
        List<Hierarchy> found = [];
        foreach (string[] words in mounts.Select(line => line.Split(' ')).Where(words => words.Length >= 4))
        {
            string[] controllers = words[2] switch
            {
                "cgroup2" => Offered(words[1]),
                "cgroup" => words[3].Split(','),
                _ => [],
            };
            string[] wanted = [.. s_controllers.Intersect(controllers).Except(found.SelectMany(h => h.Controllers))];
            if (wanted.Length > 0)
            {
                found.Add(new(words[1], words[2] == "cgroup2", wanted));
            }
        }

        return found;
    }

    private static string[] Offered(string mount)
    {
        string file = Path.Combine(mount, "cgroup.controllers");
        return File.Exists(file) ? File.ReadAllText(file).Split(' ', StringSplitOptions.TrimEntries) : [];
    }

    /// <summary>In version 2 a controller is there for a group when all above it hand it down.</summary>
    private void Prepare()
    {
        lock (_lock)
        {
            if (_isPrepared)
            {
                return;
            }

            foreach (Hierarchy hierarchy in _hierarchies.Where(h => h.IsUnified))
            {
                string directory = hierarchy.Mount;
                HandDown(directory, hierarchy.Controllers);
                foreach (string part in _parent.Split('/', StringSplitOptions.RemoveEmptyEntries))
                {
                    directory = Directory.CreateDirectory(Path.Combine(directory, part)).FullName;
                    HandDown(directory, hierarchy.Controllers);
                }
            }

            _isPrepared = true;
        }
    }

    private static void HandDown(string directory, IReadOnlyList<string> controllers)
    {
        string file = Path.Combine(directory, "cgroup.subtree_control");
        IEnumerable<string> missing = controllers.Except(File.ReadAllText(file).Split(' ', StringSplitOptions.TrimEntries));
        string text = string.Join(' ', missing.Select(controller => "+" + controller));
        if (text.Length > 0)
        {
            File.WriteAllText(file, text);
        }
    }

    /// <summary>A process leaves its group a moment after its end is known.</summary>
    private static void DeleteSoon(string directory)
    {
        for (int attempt = 0; Directory.Exists(directory); attempt++)
        {
            try
            {
                // A group can't be emptied file by file.
                Directory.Delete(directory);
                return;
            }
            catch (DirectoryNotFoundException)
            {
                return;
            }
            catch (IOException) when (attempt < 100)
            {
                Thread.Sleep(attempt < 10 ? 1 : 10);
            }
        }
    }

    private sealed record Hierarchy(string Mount, bool IsUnified, IReadOnlyList<string> Controllers);
}
