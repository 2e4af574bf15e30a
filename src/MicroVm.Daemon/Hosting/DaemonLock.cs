using System.Globalization;

namespace MicroVm.Daemon.Hosting;

/// <summary>One daemon a root directory: two would write the same state. The kernel lets go of the lock however the daemon ends.</summary>
internal sealed class DaemonLock : IDisposable
{
    private readonly FileStream _file;
    private readonly string _pidFile;

    private DaemonLock(FileStream file, string pidFile)
    {
        _file = file;
        _pidFile = pidFile;
    }

    /// <exception cref="DaemonException">Another daemon has it, named by its pid.</exception>
    public static DaemonLock Take(string root)
    {
        string pidFile = Path.Combine(root, "mvmd.pid");
        FileStream file;
        try
        {
            // FileShare.None is flock(2), LOCK_EX | LOCK_NB. The file stays: who removes it could remove another's lock.
            file = new FileStream(Path.Combine(root, "mvmd.lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException e)
        {
            throw new DaemonException($"{root} is in use by another mvmd{Pid(pidFile)}", e);
        }

        File.WriteAllText(pidFile, Environment.ProcessId.ToString(CultureInfo.InvariantCulture) + "\n");
        return new(file, pidFile);
    }

    public void Dispose()
    {
        File.Delete(_pidFile);
        _file.Dispose();
    }

    private static string Pid(string pidFile)
    {
        try
        {
            return $" (pid {File.ReadAllText(pidFile).Trim()})";
        }
        catch (IOException)
        {
            return "";
        }
    }
}
