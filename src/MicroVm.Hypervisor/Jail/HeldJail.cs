using System.IO.Pipes;
using System.Text;
using MicroVm.Interop.Processes;

namespace MicroVm.Hypervisor.Jail;

/// <summary>A jail that waits for its program: a process keeps it until this is disposed.</summary>
internal sealed class HeldJail : IDisposable
{
    private readonly AnonymousPipeServerStream _hold;
    private readonly VmmProcess _keeper;

    /// <param name="hold">The keeper ends when it is closed.</param>
    /// <param name="process">The keeper.</param>
    /// <param name="guard">The jail's first process.</param>
    public HeldJail(AnonymousPipeServerStream hold, int processId, PidFd process, PidFd guard)
    {
        (_hold, Process) = (hold, process);
        _keeper = new(processId, process, guard);
    }

    /// <summary>One that is in the jail.</summary>
    public PidFd Process { get; }

    /// <summary>Waits until the jail is complete.</summary>
    /// <param name="output">What the jail's processes write.</param>
    /// <exception cref="HypervisorException">It can't be made, and why.</exception>
    public static void WaitFor(Stream output)
    {
        using var reader = new StreamReader(output, Encoding.UTF8, detectEncodingFromByteOrderMarks: false, bufferSize: 128, leaveOpen: true);
        if (reader.ReadLine() is not "held" and var words)
        {
            throw new HypervisorException($"the jail of the VM could not be made: {Printable.OneLine(words ?? "its process ended", 300)}");
        }
    }

    public void Dispose()
    {
        _hold.Dispose();
        _ = _keeper.ReapAsync();
    }
}
