using MicroVm.Api.Streams;
using MicroVm.Cli.Interop;

namespace MicroVm.Cli.Streams;

/// <summary>
/// Sends our standard input to the container on a thread of its own. The end of input closes the sending half of the
/// connection, so that the container's output goes on.
/// </summary>
/// <param name="detach">Looks for the detach keys; null: there are none (input is not a terminal).</param>
internal sealed class InputPump(FileDescriptor input, FileDescriptor connection, EscapeScanner? detach)
{
    private const int BufferSize = 64 << 10;
    private const int ShutdownBoth = 2;

    private volatile bool _detached;

    /// <summary>The detach keys were typed; the connection is shut down.</summary>
    internal bool Detached => _detached;

    internal void Start() => new Thread(Run) { IsBackground = true }.Start();

    private void Run()
    {
        try
        {
            Copy();
            _ = Libc.Shutdown(connection, _detached ? ShutdownBoth : Constants.SHUT_WR);
        }
        catch (Exception failure) when (failure is SystemCallException or ObjectDisposedException)
        {
            // The container ended, or input can't be read: either way there is no more of it.
            if (failure is SystemCallException { Error: not (Constants.EPIPE or Constants.ECONNRESET) })
            {
                _ = Libc.Shutdown(connection, Constants.SHUT_WR);
            }
        }
    }

    private void Copy()
    {
        byte[] buffer = GC.AllocateUninitializedArray<byte>(BufferSize);
        byte[] scanned = detach is null ? [] : new byte[detach.MaximumOutput(BufferSize)];
        int count;
        while (!_detached && (count = input.Read(buffer)) > 0)
        {
            ReadOnlySpan<byte> output = buffer.AsSpan(0, count);
            if (detach is not null)
            {
                _detached = detach.Scan(output, scanned, out int length);
                output = scanned.AsSpan(0, length);
            }

            connection.Write(output);
        }
    }
}
