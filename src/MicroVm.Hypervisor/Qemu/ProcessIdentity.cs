using System.ComponentModel;
using System.Globalization;
using MicroVm.Interop.Processes;

namespace MicroVm.Hypervisor.Qemu;

/// <summary>A process that is not mistaken for a later one with the same number: its start time (proc(5), stat, field 22).</summary>
internal sealed record ProcessIdentity(int ProcessId, ulong StartTime)
{
    private const int StartTimeField = 22;

    public static ProcessIdentity Of(int pid) =>
        new(pid, StartTimeOf(pid) ?? throw new HypervisorException($"process {pid} ended as it started"));

    public static ProcessIdentity? Read(string path)
    {
        if (!File.Exists(path))
        {
            return null;
        }

        string[] words = File.ReadAllText(path).Split(' ');
        return words.Length == 2
            && int.TryParse(words[0], CultureInfo.InvariantCulture, out int pid)
            && ulong.TryParse(words[1], CultureInfo.InvariantCulture, out ulong time)
            ? new(pid, time)
            : null;
    }

    public void Write(string path)
    {
        string temporary = path + ".new";
        File.WriteAllText(temporary, string.Create(CultureInfo.InvariantCulture, $"{ProcessId} {StartTime}"));
        File.Move(temporary, path, overwrite: true);
    }

    /// <summary>Null when it has ended.</summary>
    public PidFd? Open()
    {
        try
        {
            // First hold the process, then see that it is the right one.
            PidFd process = PidFd.Open(ProcessId);
            if (StartTimeOf(ProcessId) == StartTime)
            {
                return process;
            }

            process.Dispose();
            return null;
        }
        catch (Win32Exception)
        {
            return null;
        }
    }

    private static ulong? StartTimeOf(int pid)
    {
        try
        {
            // The name, in parentheses, may hold anything.
            string stat = File.ReadAllText($"/proc/{pid}/stat");
            string[] fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
            return fields[0] == "Z" ? null : ulong.Parse(fields[StartTimeField - 3], CultureInfo.InvariantCulture);
        }
        catch (IOException)
        {
            return null;
        }
    }
}
