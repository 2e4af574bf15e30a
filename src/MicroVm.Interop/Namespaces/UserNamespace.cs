using System.ComponentModel;
using System.Globalization;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace MicroVm.Interop.Namespaces;

/// <summary>User namespaces (user_namespaces(7)) for others: this process stays in its own.</summary>
public static partial class UserNamespace
{
    // CLONE_VM, CLONE_VFORK, CLONE_NEWUSER. No signal tells of its end: it is nobody's child but this code's.
    private const int NewUserNamespace = 0x100 | 0x4000 | 0x10000000;
    private const int StackSize = 16 << 10;
    private const int WaitAnyChild = 0x40000000; // __WALL
    private static readonly nint s_exit = NativeLibrary.GetExport(NativeLibrary.Load("libc.so.6"), "_exit");

    /// <summary>A new one, in which users and groups are mapped alike. It lasts as long as the descriptor, or a process or mount that has it.</summary>
    /// <exception cref="Win32Exception">The kernel makes none.</exception>
    /// <exception cref="IOException">The map is refused: extents overlap, or this process may not give these ids.</exception>
    public static SafeFileHandle Create(IReadOnlyList<IdExtent> ids)
    {
        string map = string.Concat(ids.Select(id => string.Create(CultureInfo.InvariantCulture, $"{id.Inside} {id.Outside} {id.Count}\n")));
        int child = StartEnded();
        try
        {
            File.WriteAllText($"/proc/{child}/uid_map", map);
            File.WriteAllText($"/proc/{child}/gid_map", map);
            return File.OpenHandle($"/proc/{child}/ns/user");
        }
        finally
        {
            _ = WaitFor(child, 0, WaitAnyChild);
        }
    }

    /// <summary>
    /// A process in a new namespace (a process with threads can't make one for itself), which has ended and keeps it until it is
    /// waited for. It shares this process's memory and stops this thread until it has called _exit(2), like a child of vfork(2): nothing of
    /// the runtime runs in it.
    /// </summary>
    private static unsafe int StartEnded()
    {
        void* stack = NativeMemory.AlignedAlloc(StackSize, 16);
        try
        {
            int child = Clone(s_exit, (byte*)stack + StackSize, NewUserNamespace, null);
            return child > 0 ? child : throw new Win32Exception(Marshal.GetLastPInvokeError());
        }
        finally
        {
            NativeMemory.AlignedFree(stack);
        }
    }

    // clone(2) is variadic; without the arguments that its flags don't ask for it is called like this on x86-64.
    [LibraryImport("libc", EntryPoint = "clone", SetLastError = true)]
    private static unsafe partial int Clone(nint function, void* stackTop, int flags, void* argument);

    [LibraryImport("libc", EntryPoint = "waitpid")]
    private static partial int WaitFor(int pid, nint status, int options);
}
