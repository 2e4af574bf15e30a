using System.ComponentModel;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace MicroVm.Interop.Namespaces;

/// <summary>
/// A copy of a mount with all below it, or of a part of one, which is nowhere until it is attached (open_tree(2)) and gone with its
/// descriptor if it never is.
/// </summary>
public sealed partial class MountTree : SafeHandleZeroOrMinusOneIsInvalid
{
    private const int CurrentDirectory = -100; // AT_FDCWD
    private const uint Recursive = 0x8000; // AT_RECURSIVE
    private const uint EmptyPath = 0x1000; // AT_EMPTY_PATH
    private const uint CloneCloseOnExec = 1 | 0x80000; // OPEN_TREE_CLONE, OPEN_TREE_CLOEXEC
    private const uint FromEmptyPath = 4; // MOVE_MOUNT_F_EMPTY_PATH
    private const ulong MapIds = 0x100000; // MOUNT_ATTR_IDMAP
    private const ulong Private = 1 << 18; // MS_PRIVATE

    public MountTree()
        : base(ownsHandle: true)
    {
    }

    /// <summary>Links are followed.</summary>
    /// <exception cref="Win32Exception">There is nothing there, or it can't be copied.</exception>
    public static MountTree Copy(string path)
    {
        MountTree tree = OpenTree(CurrentDirectory, path, CloneCloseOnExec | Recursive);
        int errno = Marshal.GetLastPInvokeError();
        if (tree.IsInvalid)
        {
            tree.Dispose();
            throw new Win32Exception(errno);
        }

        return tree;
    }

    /// <summary>
    /// Files get other owners in it than they have on disk (mount_setattr(2), MOUNT_ATTR_IDMAP): what is X there is here what X of the
    /// namespace is outside of it. Mounts that are made below the original later don't come along.
    /// </summary>
    /// <exception cref="Win32Exception">The kernel (EINVAL before Linux 5.12), or a file system of the tree (EINVAL), can't do that; nothing has changed.</exception>
    public unsafe void MapOwners(SafeHandle userNamespace)
    {
        bool held = false;
        try
        {
            userNamespace.DangerousAddRef(ref held);
            Attributes attributes = new() { Set = MapIds, Propagation = Private, UserNamespace = (ulong)userNamespace.DangerousGetHandle() };
            MountCall.Check(SetAttributes(this, "", EmptyPath | Recursive, &attributes, (nuint)sizeof(Attributes)));
        }
        finally
        {
            if (held)
            {
                userNamespace.DangerousRelease();
            }
        }
    }

    /// <summary>Shows it over a directory or file of the thread's mount namespace.</summary>
    /// <exception cref="Win32Exception">It can't be shown there.</exception>
    public void Attach(string place) => MountCall.Check(MoveMount(this, "", CurrentDirectory, place, FromEmptyPath));

    protected override bool ReleaseHandle() => Close((int)handle) == 0;

    // struct mount_attr
    [StructLayout(LayoutKind.Sequential)]
    private struct Attributes
    {
        public ulong Set;
        public ulong Clear;
        public ulong Propagation;
        public ulong UserNamespace;
    }

    [LibraryImport("libc", EntryPoint = "open_tree", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial MountTree OpenTree(int directory, string path, uint flags);

    [LibraryImport("libc", EntryPoint = "mount_setattr", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static unsafe partial int SetAttributes(MountTree tree, string path, uint flags, Attributes* attributes, nuint size);

    [LibraryImport("libc", EntryPoint = "move_mount", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int MoveMount(MountTree tree, string fromPath, int toDirectory, string toPath, uint flags);

    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int Close(int fd);
}
