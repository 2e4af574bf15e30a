using System.ComponentModel;
using System.Runtime.InteropServices;

namespace MicroVm.Interop.Namespaces;

/// <summary>The results of calls that change mounts.</summary>
internal static class MountCall
{
    /// <param name="result">0: done; else errno says why not.</param>
    public static void Check(int result)
    {
        if (result != 0)
        {
            throw new Win32Exception(Marshal.GetLastPInvokeError());
        }
    }
}
