using System.Runtime.InteropServices;
using System.Text;

namespace MicroVm.Cli.Interop;

/// <summary>
/// An open descriptor with blocking reads and writes that survive signals. Errors are <see cref="SystemException"/>s
/// that say what was tried.
/// </summary>
internal sealed unsafe class FileDescriptor : SafeHandle
{
    internal static readonly FileDescriptor StandardInput = new(0, ownsHandle: false);
    internal static readonly FileDescriptor StandardOutput = new(1, ownsHandle: false);
    internal static readonly FileDescriptor StandardError = new(2, ownsHandle: false);

    internal FileDescriptor(int value, bool ownsHandle = true)
        : base(-1, ownsHandle) => SetHandle(value);

    public override bool IsInvalid => handle == -1;

    /// <summary>The number, for poll sets and messages.</summary>
    internal int Number => (int)handle;

    internal bool IsTerminal => Libc.IsTerminal(this) == 1;

    /// <exception cref="SystemCallException">It can't be opened.</exception>
    internal static FileDescriptor Open(string path, int flags, int mode = 0)
    {
        fixed (byte* name = NullTerminated(path))
        {
            int result = Libc.Open(name, flags | Constants.O_CLOEXEC, mode);
            return result >= 0 ? new FileDescriptor(result) : throw SystemCallException.Last($"open {path}");
        }
    }

    internal static byte[] NullTerminated(string text) => Encoding.UTF8.GetBytes(text + '\0');

    /// <summary>Number of bytes read; 0 at the end. A terminal or pty that hung up counts as the end.</summary>
    internal int Read(Span<byte> buffer)
    {
        fixed (byte* start = buffer)
        {
            while (true)
            {
                nint count = Libc.Read(this, start, buffer.Length);
                if (count >= 0)
                {
                    return (int)count;
                }

                if (Marshal.GetLastPInvokeError() == Constants.EIO)
                {
                    return 0;
                }

                WaitOrThrow("read", Constants.POLLIN);
            }
        }
    }

    /// <summary>Writes all of it.</summary>
    internal void Write(ReadOnlySpan<byte> bytes)
    {
        fixed (byte* start = bytes)
        {
            for (int done = 0; done < bytes.Length;)
            {
                nint count = Libc.Write(this, start + done, bytes.Length - done);
                if (count >= 0)
                {
                    done += (int)count;
                    continue;
                }

                WaitOrThrow("write", PollOut);
            }
        }
    }

    /// <summary>Bytes from the current position to the end; null: it is not a file that has a size (a pipe, a terminal).</summary>
    internal long? RegularFileSize()
    {
        const int FromCurrent = 1;
        const int FromEnd = 2;
        const int FromStart = 0;
        long position = Libc.Seek(this, 0, FromCurrent);
        long end = position < 0 ? -1 : Libc.Seek(this, 0, FromEnd);
        return end > position && Libc.Seek(this, position, FromStart) == position ? end - position : null;
    }

    /// <summary>Whether a read would not block.</summary>
    internal bool IsReadable(int timeoutMilliseconds)
    {
        var entry = new PollDescriptor { Descriptor = Number, Events = Constants.POLLIN };
        return Libc.Poll(&entry, 1, timeoutMilliseconds) > 0;
    }

    protected override bool ReleaseHandle() => Libc.Close(handle) == 0;

    private const short PollOut = 4;

    // Descriptors handed to us may be non-blocking (a shell pipeline shares them): wait instead of failing.
    private void WaitOrThrow(string operation, short events)
    {
        int error = Marshal.GetLastPInvokeError();
        if (error == Constants.EAGAIN)
        {
            var entry = new PollDescriptor { Descriptor = Number, Events = events };
            _ = Libc.Poll(&entry, 1, -1);
        }
        else if (error == Constants.EPIPE && Number is (1 or 2))
        {
            throw new OutputClosedException();
        }
        else if (error != Constants.EINTR)
        {
            throw new SystemCallException(operation, error);
        }
    }
}
