using System.Runtime.InteropServices;

namespace MicroVm.Interop.Posix;

/// <summary>Whom this process acts as (geteuid(2)).</summary>
public static partial class ProcessUser
{
    public static bool IsRoot => UserId == 0;

    public static uint UserId => EffectiveUser();

    public static uint GroupId => EffectiveGroup();

    /// <summary>Whether it has supplementary groups (getgroups(2)).</summary>
    public static unsafe bool HasGroups => Groups(0, null) > 0;

    [LibraryImport("libc", EntryPoint = "getgroups")]
    private static unsafe partial int Groups(int count, uint* groups);

    [LibraryImport("libc", EntryPoint = "geteuid")]
    private static partial uint EffectiveUser();

    [LibraryImport("libc", EntryPoint = "getegid")]
    private static partial uint EffectiveGroup();
}
