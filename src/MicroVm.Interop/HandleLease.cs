using System.Runtime.InteropServices;

namespace MicroVm.Interop;

/// <summary>The pointer of a handle for the time of a call: it can't be released meanwhile.</summary>
internal readonly ref struct HandleLease
{
    private readonly SafeHandle _handle;

    /// <exception cref="ObjectDisposedException">It has been released.</exception>
    public HandleLease(SafeHandle handle)
    {
        bool held = false;
        handle.DangerousAddRef(ref held);
        _handle = handle;
    }

    public nint Pointer => _handle.DangerousGetHandle();

    public void Dispose() => _handle.DangerousRelease();
}
