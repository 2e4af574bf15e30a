using System.Text;
using Microsoft.Win32.SafeHandles;
using MicroVm.Interop.Posix;

namespace MicroVm.Hypervisor.Qemu;

/// <summary>
/// What a VMM writes to its stderr: the first 64 KiB stay in a FIFO until someone asks, the rest is dropped. A guest that
/// makes its VMM complain without end fills no disk and stops nothing.
/// </summary>
internal sealed class VmmMessages : IDisposable
{
    private const int PipeSize = 64 << 10;
    private readonly SafeFileHandle _pipe;

    private VmmMessages(string path) => _pipe = NamedPipe.OpenNonBlocking(path);

    /// <summary>For the VMM, too.</summary>
    public SafeFileHandle Handle => _pipe;

    public static VmmMessages Create(string path)
    {
        NamedPipe.Create(path);
        return new(path);
    }

    /// <summary>Those of a VM that an earlier daemon started.</summary>
    public static VmmMessages Open(string path) => new(path);

    /// <summary>The last line, without the name of the program that wrote it; null when there is none.</summary>
    public string? LastLine()
    {
        string? line = Encoding.UTF8.GetString(Read()).Split('\n').LastOrDefault(l => l.Length > 0);
        int name = line?.IndexOf(": ", StringComparison.Ordinal) ?? -1;
        return line is null ? null : Printable.OneLine(name < 0 ? line : line[(name + 2)..], 300);
    }

    public void Dispose() => _pipe.Dispose();

    private ReadOnlySpan<byte> Read()
    {
        byte[] buffer = new byte[PipeSize];
        int length = 0;
        try
        {
            // Not disposed: that would close the pipe.
            var stream = new FileStream(_pipe, FileAccess.Read, bufferSize: 0);
            for (int count = 1; count != 0 && length < buffer.Length; length += count)
            {
                count = stream.Read(buffer, length, buffer.Length - length);
            }
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            // Empty (EAGAIN), or nobody holds the VM any more.
        }

        return buffer.AsSpan(0, length);
    }
}
