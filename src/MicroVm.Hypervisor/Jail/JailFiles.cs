using MicroVm.Interop.Posix;

namespace MicroVm.Hypervisor.Jail;

/// <summary>
/// What the jail's user may do with the files that the jail shows. Their directories are closed to all users but the
/// daemon's, so a file that anyone may read is one that the jails it is shown in may read.
/// </summary>
internal static class JailFiles
{
    private const uint OthersRead = 4;

    /// <summary>Gives a VM's own files to its user.</summary>
    public static void Give(IEnumerable<string> paths, uint user)
    {
        foreach (string path in paths)
        {
            FileOwner.Change(path, user, user);
        }
    }

    /// <summary>Of files that many VMs read, such as layers.</summary>
    public static void Share(IEnumerable<string> paths)
    {
        foreach (string path in paths.Where(path => !IsReadable(path)))
        {
            File.SetUnixFileMode(path, File.GetUnixFileMode(path) | UnixFileMode.OtherRead);
        }
    }

    /// <summary>Of files that are the host's, whose permissions are not ours to change.</summary>
    /// <exception cref="HypervisorException">One can't be read by everyone.</exception>
    public static void Check(IEnumerable<string> paths)
    {
        foreach (string path in paths.Where(path => !IsReadable(path)))
        {
            throw new HypervisorException($"{path} can't be read by the user that the VM runs as: chmod a+r {path}");
        }
    }

    private static bool IsReadable(string path) => (FileOwner.Of(path).Mode & OthersRead) != 0;
}
