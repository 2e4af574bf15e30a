using System.ComponentModel;
using System.Globalization;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using MicroVm.Interop.Namespaces;

namespace MicroVm.Hypervisor.Shares;

/// <summary>
/// A VM's shares with their owners mapped into a user namespace (idmapped mounts): who is root there and nobody outside sees the files'
/// owners as they are on disk, and may change them.
/// </summary>
internal sealed class ShareMounts : IDisposable
{
    private readonly SafeFileHandle _users;
    private readonly List<MountTree> _trees = [];

    private ShareMounts(uint user) => _users = UserNamespace.Create(ShareIds.Of(user));

    /// <summary>Where that user is root.</summary>
    public SafeHandle Users => _users;

    /// <param name="paths">Of directories and files that are there.</param>
    /// <exception cref="HypervisorException">The host does not allow it, or one of the file systems can't do it; one line.</exception>
    public static ShareMounts Open(IEnumerable<string> paths, uint user)
    {
        ShareMounts mounts = Begin(user);
        foreach (string path in paths)
        {
            try
            {
                MountTree tree = MountTree.Copy(path);
                mounts._trees.Add(tree);
                tree.MapOwners(mounts.Users);
            }
            catch (Win32Exception e)
            {
                mounts.Dispose();
                throw new HypervisorException($"the owners of files can't be mapped in {path} and what is mounted below: {e.Message}", e);
            }
        }

        return mounts;
    }

    /// <summary>Why it can't be done for what lies in a directory that is there or is yet to be made, in one line; null: it can.</summary>
    public static string? Fault(string directory, uint user)
    {
        string path = directory;
        while (!Directory.Exists(path))
        {
            path = Path.GetDirectoryName(path)!;
        }

        try
        {
            Open([path], user).Dispose();
            return null;
        }
        catch (HypervisorException e)
        {
            return e.Message;
        }
    }

    /// <summary>Where an action finds a share.</summary>
    /// <param name="stage">The directory given to <see cref="Show"/>.</param>
    public static string PlaceOf(string stage, int number) => Path.Combine(stage, number.ToString(CultureInfo.InvariantCulture));

    /// <summary>Calls an action that finds the shares in a directory, where nobody else does.</summary>
    /// <exception cref="Win32Exception">The host does not allow it.</exception>
    public void Show(VmSpec spec, string stage, Action action) => MountNamespace.Run(stage, () =>
    {
        for (int i = 0; i < _trees.Count; i++)
        {
            string place = PlaceOf(stage, i);
            MakePlace(place, isDirectory: Directory.Exists(spec.Shares[i].Path));
            _trees[i].Attach(place);
        }

        action();
    });

    public void Dispose()
    {
        _trees.ForEach(tree => tree.Dispose());
        _users.Dispose();
    }

    private static ShareMounts Begin(uint user)
    {
        try
        {
            return new(user);
        }
        catch (Exception e) when (e is Win32Exception or IOException or UnauthorizedAccessException)
        {
            throw new HypervisorException($"a user namespace for the owners of files can't be made: {e.Message}", e);
        }
    }

    private static void MakePlace(string path, bool isDirectory)
    {
        if (isDirectory)
        {
            Directory.CreateDirectory(path);
        }
        else
        {
            File.WriteAllBytes(path, []);
        }
    }
}
