using System.Collections.Concurrent;
using System.ComponentModel;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace MicroVm.Interop.Processes;

/// <summary>Tells of the ends of any number of processes, with one thread that sleeps in epoll_wait(2).</summary>
public sealed partial class ProcessWatcher
{
    private const int AddToSet = 1; // EPOLL_CTL_ADD
    private const uint Readable = 1;
    private const uint OneShot = 1u << 30;
    private const int CloseOnExec = 0x80000;
    private readonly SafeFileHandle _epoll;
    private readonly ConcurrentDictionary<ulong, Watched> _watched = new();
    private ulong _last;

    private ProcessWatcher()
    {
        _epoll = Create(CloseOnExec);
        if (_epoll.IsInvalid)
        {
            throw new Win32Exception(Marshal.GetLastPInvokeError());
        }

        new Thread(Run) { IsBackground = true, Name = "process ends" }.Start();
    }

    public static ProcessWatcher Shared { get; } = new();

    /// <summary>Completes when the process has ended, with what <see cref="PidFd.Reap"/> says.</summary>
    public Task<int?> WatchAsync(PidFd process)
    {
        var watched = new Watched(process, new(TaskCreationOptions.RunContinuationsAsynchronously));
        ulong key = Interlocked.Increment(ref _last);
        _watched[key] = watched;
        var interest = new EpollEvent { Events = Readable | OneShot, Data = key };
        if (Control(_epoll, AddToSet, process, ref interest) != 0)
        {
            throw new Win32Exception(Marshal.GetLastPInvokeError());
        }

        return watched.Ended.Task;
    }

    private unsafe void Run()
    {
        EpollEvent* events = stackalloc EpollEvent[64];
        while (true)
        {
            int count = Wait(_epoll, events, 64, -1);
            for (int i = 0; i < count; i++)
            {
                if (_watched.TryRemove(events[i].Data, out Watched? watched))
                {
                    watched.Ended.TrySetResult(watched.Process.Reap());
                }
            }
        }
    }

    [LibraryImport("libc", EntryPoint = "epoll_create1", SetLastError = true)]
    private static partial SafeFileHandle Create(int flags);

    [LibraryImport("libc", EntryPoint = "epoll_ctl", SetLastError = true)]
    private static partial int Control(SafeFileHandle epoll, int operation, PidFd fd, ref EpollEvent interest);

    [LibraryImport("libc", EntryPoint = "epoll_wait", SetLastError = true)]
    private static unsafe partial int Wait(SafeFileHandle epoll, EpollEvent* events, int max, int timeout);

    private sealed record Watched(PidFd Process, TaskCompletionSource<int?> Ended);

    /// <summary>struct epoll_event is packed on x86-64.</summary>
    [StructLayout(LayoutKind.Sequential, Pack = 1)]
    private struct EpollEvent
    {
        public uint Events;
        public ulong Data;
    }
}
