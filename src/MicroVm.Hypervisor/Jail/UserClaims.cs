using System.Collections.Concurrent;
using System.Globalization;
using MicroVm.Hypervisor.Qemu;

namespace MicroVm.Hypervisor.Jail;

/// <summary>
/// Who on this host has which VM user, whatever daemon gave it: a file for each in one directory, with the process that has it.
/// A claim ends with its process, so that nothing has to be cleared after a crash.
/// </summary>
/// <param name="directory">The same for all daemons of the host; made when needed, root's alone.</param>
internal sealed class UserClaims(string directory)
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(10);
    private readonly ConcurrentDictionary<uint, ProcessIdentity> _own = new();

    /// <summary>False: another has it.</summary>
    /// <exception cref="HypervisorException">The directory can't be used.</exception>
    public bool TryTake(uint user)
    {
        using FileStream held = Lock();
        string path = PathOf(user);
        if (File.Exists(path) && (IsAlive(path) || IsRunning(user)))
        {
            return false;
        }

        Write(user, Environment.ProcessId);
        return true;
    }

    /// <summary>From now on this process has it.</summary>
    /// <exception cref="HypervisorException">The process has ended.</exception>
    public void Give(uint user, int pid)
    {
        using FileStream held = Lock();
        Write(user, pid);
    }

    /// <summary>Of one whose process has ended: another daemon may have claimed it at once.</summary>
    public void Drop(uint user)
    {
        using FileStream held = Lock();
        if (_own.TryRemove(user, out ProcessIdentity? own) && ProcessIdentity.Read(PathOf(user)) == own)
        {
            File.Delete(PathOf(user));
        }
    }

    private void Write(uint user, int pid)
    {
        var identity = ProcessIdentity.Of(pid);
        identity.Write(PathOf(user));
        _own[user] = identity;
    }

    private string PathOf(uint user) => Path.Combine(directory, user.ToString(CultureInfo.InvariantCulture));

    private static bool IsAlive(string path)
    {
        using var process = ProcessIdentity.Read(path)?.Open();
        return process is not null;
    }

    /// <summary>A daemon that was killed as it started a VM has left its own name: the VM may run all the same.</summary>
    private static bool IsRunning(uint user) => Directory.EnumerateDirectories("/proc")
        .Where(directory => uint.TryParse(Path.GetFileName(directory), NumberStyles.None, CultureInfo.InvariantCulture, out _))
        .Any(directory => UserOf(directory) == user);

    private static uint? UserOf(string process)
    {
        try
        {
            string? line = File.ReadLines(Path.Combine(process, "status")).FirstOrDefault(l => l.StartsWith("Uid:", StringComparison.Ordinal));
            return line is null ? null : uint.Parse(line.Split('\t')[1], CultureInfo.InvariantCulture);
        }
        catch (IOException)
        {
            return null;
        }
    }

    /// <summary>.NET locks a file that it shares with nobody (flock(2)).</summary>
    private FileStream Lock()
    {
        long start = Environment.TickCount64;
        while (true)
        {
            try
            {
                Directory.CreateDirectory(directory, OwnerOnly);
                return new FileStream(Path.Combine(directory, "lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, bufferSize: 0);
            }
            catch (IOException) when (Environment.TickCount64 - start < s_patience.TotalMilliseconds)
            {
                Thread.Sleep(1);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                throw new HypervisorException($"the users of virtual machines can't be claimed: {e.Message}", e);
            }
        }
    }
}
