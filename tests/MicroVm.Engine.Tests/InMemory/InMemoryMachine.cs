using System.Net.Sockets;
using MicroVm.Hypervisor;

namespace MicroVm.Engine.Tests.InMemory;

/// <summary>A guest in place of a VM.</summary>
internal sealed class InMemoryMachine
{
    private static int s_lastProcess = 10_000;

    private readonly TaskCompletionSource<VmExit> _exited = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly GuestBehavior _behavior;

    public InMemoryMachine(VmSpec spec, GuestBehavior behavior)
    {
        (Spec, _behavior) = (spec, behavior);
        Guest = new(spec.Token, behavior, () => End("guest stopped"));
        if (behavior.PanicAtBoot is { } words)
        {
            File.WriteAllText(spec.ConsoleLog, "[    0.1] Linux version\n" + words + "\n");
            End("guest stopped");
        }
    }

    public VmSpec Spec { get; }

    public InMemoryGuest Guest { get; }

    /// <summary>The VMM refuses to stop or resume the processors.</summary>
    public string? PauseError { get; set; }

    public double? CpuQuota { get; set; }

    public int ProcessId { get; } = Interlocked.Increment(ref s_lastProcess);

    public Task<VmExit> Exited => _exited.Task;

    public Stream Connect()
    {
        if (Exited.IsCompleted)
        {
            throw new HypervisorException("the VM has ended");
        }

        (Stream host, Socket guest) = SocketPair.Create();
        Guest.Accept(guest);
        return host;
    }

    /// <summary>The VMM process dies.</summary>
    public void End(string reason)
    {
        _exited.TrySetResult(new(reason.Contains("signal", StringComparison.Ordinal) ? 137 : 0, reason));
        Guest.Disconnect();
    }

    private static class SocketPair
    {
        public static (Stream Host, Socket Guest) Create()
        {
            using Socket listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            string path = Path.Combine(Path.GetTempPath(), $"mvm-{Guid.NewGuid():N}.sock");
            listener.Bind(new UnixDomainSocketEndPoint(path));
            listener.Listen();
            Socket host = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            host.Connect(new UnixDomainSocketEndPoint(path));
            File.Delete(path);
            return (new NetworkStream(host, ownsSocket: true), listener.Accept());
        }
    }
}
