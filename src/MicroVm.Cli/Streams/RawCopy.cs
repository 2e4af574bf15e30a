using MicroVm.Cli.Http;
using MicroVm.Cli.Interop;

namespace MicroVm.Cli.Streams;

/// <summary>Copies a stream as it is: a terminal's output, the kernel's console.</summary>
internal static class RawCopy
{
    private const int BufferSize = 256 << 10;

    /// <param name="firstOutput">Called once, before the first byte is written.</param>
    internal static void Copy(EngineResponse source, FileDescriptor? target, Action? firstOutput = null)
    {
        byte[] buffer = GC.AllocateUninitializedArray<byte>(BufferSize);
        int count;
        while ((count = source.Read(buffer)) > 0)
        {
            firstOutput?.Invoke();
            firstOutput = null;
            target?.Write(buffer.AsSpan(0, count));
        }
    }
}
