using System.Collections.Concurrent;
using System.ComponentModel;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using MicroVm.Daemon.Interop;

namespace MicroVm.Daemon.Http;

/// <summary>
/// Tells when the peer of a Unix socket has closed it altogether. A read can't tell: it returns 0 for a half-close as
/// well, after which a client still wants its answer; and a handler that waits for something else does not read. So
/// one thread waits with epoll(7) for EPOLLHUP alone, which the kernel sets when both directions are down.
/// </summary>
internal sealed class PeerHangupMonitor
{
    private static readonly Lazy<PeerHangupMonitor> s_shared = new(() => new PeerHangupMonitor());

    private readonly ConcurrentDictionary<long, Action> _watched = new();
    private readonly SafeFileHandle _epoll;
    private long _lastId;

    private PeerHangupMonitor()
    {
        int descriptor = Libc.EpollCreate(Libc.EpollCloseOnExec);
        _epoll = descriptor >= 0
            ? new SafeFileHandle(descriptor, ownsHandle: true)
            : throw new Win32Exception(Marshal.GetLastPInvokeError());
        new Thread(Run) { IsBackground = true, Name = "peer hangup" }.Start();
    }

    public static PeerHangupMonitor Shared => s_shared.Value;

    /// <summary>Calls back at most once, from a pool thread. Dispose before the socket is closed.</summary>
    public IDisposable Watch(Socket socket, Action hungUp)
    {
        long id = Interlocked.Increment(ref _lastId);
        _watched[id] = hungUp;
        Control(Libc.EpollAdd, socket, id);
        return new Registration(this, socket, id);
    }

    // The number, and no file descriptor, identifies the event: a descriptor may be another socket's by now.
    private void Control(int operation, Socket socket, long id)
    {
        var interest = new EpollEvent { Events = Libc.EpollOneShot, Data = id };
        if (Libc.EpollControl(_epoll, operation, socket.SafeHandle, ref interest) < 0)
        {
            throw new Win32Exception(Marshal.GetLastPInvokeError());
        }
    }

    private void Run()
    {
        var events = new EpollEvent[64];
        while (true)
        {
            int count = Libc.EpollWait(_epoll, events, events.Length, -1);
            for (int i = 0; i < count; i++)
            {
                if (_watched.TryRemove(events[i].Data, out Action? hungUp))
                {
                    ThreadPool.UnsafeQueueUserWorkItem(static action => action(), hungUp, preferLocal: false);
                }
            }
        }
    }

    private sealed class Registration(PeerHangupMonitor monitor, Socket socket, long id) : IDisposable
    {
        public void Dispose()
        {
            monitor._watched.TryRemove(id, out _);
            monitor.Control(Libc.EpollDelete, socket, id);
        }
    }
}
