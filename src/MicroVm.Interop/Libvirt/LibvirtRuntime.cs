using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using MicroVm.Interop.Generated;
using static MicroVm.Interop.Generated.LibvirtMethods;

namespace MicroVm.Interop.Libvirt;

/// <summary>
/// libvirt in this process: looked up when it is first needed, so that nothing else needs it installed, and one event loop for
/// the process, as long as it lives.
/// </summary>
internal static unsafe class LibvirtRuntime
{
    private const string Library = "libvirt.so.0";

    // The first with qemu:///embed and with the enumerators that the bindings name in calls.
    private const uint OldestVersion = 6_001_000;
    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(100);
    private static readonly Lazy<bool> s_started = new(Start, LazyThreadSafetyMode.PublicationOnly);
    private static readonly Lock s_lock = new();
    private static bool s_looping;

    /// <exception cref="LibvirtMissingException">It is not installed.</exception>
    /// <exception cref="LibvirtException">It can't be initialised.</exception>
    public static void Require() => _ = s_started.Value;

    /// <exception cref="LibvirtMissingException">There is no such library.</exception>
    internal static void Find(string library)
    {
        if (!NativeLibrary.TryLoad(library, out _))
        {
            throw new LibvirtMissingException($"{library} not found: apt-get install libvirt0 libvirt-daemon-driver-qemu");
        }
    }

    private static bool Start()
    {
        lock (s_lock)
        {
            Find(Library);
            nuint version = 0;
            Check(virInitialize());
            Check(virGetVersion(&version, null, null));
            if (version < OldestVersion)
            {
                throw new LibvirtMissingException($"libvirt {version / 1_000_000}.{version / 1_000 % 1_000} is too old: 6.1 is the oldest that will do");
            }

            if (!s_looping)
            {
                Loop();
            }

            return true;
        }
    }

    private static void Loop()
    {
        // Its default is to print each error; here each becomes an exception.
        virSetErrorFunc(null, &Ignore);
        Check(virEventRegisterDefaultImpl());
        new Thread(Run) { IsBackground = true, Name = "libvirt events" }.Start();
        s_looping = true;
    }

    private static void Run()
    {
        while (true)
        {
            if (virEventRunDefaultImpl() < 0)
            {
                Thread.Sleep(s_pause);
            }
        }
    }

    private static void Check(int result)
    {
        if (result < 0)
        {
            throw LibvirtException.Last();
        }
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void Ignore(void* data, virError* error)
    {
    }
}
