using System.Globalization;

namespace MicroVm.Daemon.Hosting;

/// <summary>One daemon a directory of state or sockets: two would write the same files. The kernel lets go of the lock however the daemon ends.</summary>
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
    public static DaemonLock Take(string directory)
    {
        string pidFile = Path.Combine(directory, "mvmd.pid");
        FileStream file;
        try
        {
            // FileShare.None is flock(2), LOCK_EX | LOCK_NB. The file stays: who removes it could remove another's lock.
            file = new FileStream(Path.Combine(directory, "mvmd.lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException e)
        {
            throw new DaemonException($"{directory} is in use by another mvmd{Pid(pidFile)}", e);
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
