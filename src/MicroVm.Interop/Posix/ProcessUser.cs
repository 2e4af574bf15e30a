using System.Runtime.InteropServices;

namespace MicroVm.Interop.Posix;

/// <summary>Whom this process acts as (geteuid(2)).</summary>
public static partial class ProcessUser
{
    public static bool IsRoot => UserId == 0;

    public static uint UserId => EffectiveUser();

    public static uint GroupId => EffectiveGroup();

    [LibraryImport("libc", EntryPoint = "geteuid")]
    private static partial uint EffectiveUser();

    [LibraryImport("libc", EntryPoint = "getegid")]
    private static partial uint EffectiveGroup();
}
