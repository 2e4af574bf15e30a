using System.Runtime.InteropServices;
using MicroVm.Cli.Http;
using MicroVm.Cli.Interop;

namespace MicroVm.Cli.Daemon;

/// <summary>The receiving end of sd_notify(3): datagrams on a Unix socket, lines of KEY=VALUE.</summary>
internal sealed unsafe class ReadinessSocket : IDisposable
{
    private const int MaximumDatagram = 4096;

    private readonly FileDescriptor _socket;

    private ReadinessSocket(FileDescriptor socket, string path) => (_socket, Path) = (socket, path);

    internal string Path { get; }

    /// <param name="directory">One that nobody else may write to.</param>
    internal static ReadinessSocket Create(string directory)
    {
        string path = System.IO.Path.Combine(directory, $"notify.{Environment.ProcessId}.sock");
        File.Delete(path);
        FileDescriptor socket = UnixSocket.Create(Constants.SOCK_DGRAM);
        UnixAddress address = UnixSocket.Address(path);
        return Libc.Bind(socket, &address, sizeof(UnixAddress)) == 0
            ? new ReadinessSocket(socket, path)
            : throw SystemCallException.Last($"bind {path}");
    }

    /// <summary>True: it said READY=1. False: it ended, or the time is over.</summary>
    internal bool WaitReady(DetachedProcess process, int timeoutMilliseconds)
    {
        long deadline = Environment.TickCount64 + timeoutMilliseconds;
        PollDescriptor* entries = stackalloc PollDescriptor[2];
        while (true)
        {
            entries[0] = new PollDescriptor { Descriptor = _socket.Number, Events = Constants.POLLIN };
            entries[1] = new PollDescriptor { Descriptor = process.Handle.Number, Events = Constants.POLLIN };
            long left = deadline - Environment.TickCount64;
            int count = left > 0 ? Libc.Poll(entries, 2, (int)left) : 0;
            if (count < 0 && Marshal.GetLastPInvokeError() == Constants.EINTR)
            {
                continue;
            }

            if (count > 0 && entries[0].Returned != 0)
            {
                if (IsReady())
                {
                    return true;
                }
            }
            else
            {
                return false;
            }
        }
    }

    public void Dispose()
    {
        _socket.Dispose();
        File.Delete(Path);
    }

    private bool IsReady()
    {
        Span<byte> datagram = stackalloc byte[MaximumDatagram];
        ReadOnlySpan<byte> text = datagram[.._socket.Read(datagram)];
        foreach (Range line in text.Split((byte)'\n'))
        {
            if (text[line].SequenceEqual("READY=1"u8))
            {
                return true;
            }
        }

        return false;
    }
}
