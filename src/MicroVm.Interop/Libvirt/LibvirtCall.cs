using System.Runtime.InteropServices;
using System.Text;
using static MicroVm.Interop.Generated.LibvirtMethods;

namespace MicroVm.Interop.Libvirt;

/// <summary>How each call is made: off the thread pool, as it may wait for seconds, with its error read where it failed.</summary>
internal static unsafe class LibvirtCall
{
    public static Task<T> RunAsync<T>(Func<T> call) =>
        Task.Factory.StartNew(call, CancellationToken.None, TaskCreationOptions.LongRunning | TaskCreationOptions.DenyChildAttach, TaskScheduler.Default);

    /// <exception cref="LibvirtException">It is negative.</exception>
    public static int Check(int result) => result < 0 ? throw LibvirtException.Last() : result;

    /// <exception cref="LibvirtException">It is null.</exception>
    public static void* Check(void* result) => result is null ? throw LibvirtException.Last() : result;

    /// <summary>A string that libvirt gives away.</summary>
    /// <exception cref="LibvirtException">It is null.</exception>
    public static string Take(sbyte* text)
    {
        string result = Marshal.PtrToStringUTF8((nint)Check(text))!;
        NativeMemory.Free(text);
        return result;
    }

    /// <summary>With the NUL at its end.</summary>
    public static byte[] Text(string text) => Encoding.UTF8.GetBytes(text + '\0');

    /// <summary>As libvirt spells it: 36 characters.</summary>
    public static string Uuid(Generated.virDomain* domain)
    {
        sbyte* text = stackalloc sbyte[VIR_UUID_STRING_BUFLEN];
        Check(virDomainGetUUIDString(domain, text));
        return Marshal.PtrToStringUTF8((nint)text)!;
    }

    public static string Name(Generated.virDomain* domain) => Marshal.PtrToStringUTF8((nint)virDomainGetName(domain)) ?? "";
}
