using MicroVm.Hypervisor;

namespace MicroVm.Engine.Tests.InMemory;

/// <summary>What one daemon holds of a machine.</summary>
internal sealed class MachineHandle(InMemoryMachine machine) : IVirtualMachine
{
    private static readonly Task<Stream> s_never = new TaskCompletionSource<Stream>().Task;

    public InMemoryMachine Machine => machine;

    /// <summary>Its daemon was killed: it never gets an answer.</summary>
    public bool IsDead { get; private set; }

    public string Id => machine.Spec.Id;

    public int ProcessId => machine.ProcessId;

    public string? Warning => null;

    public Task<VmExit> Exited { get; private set; } = machine.Exited;

    public Task<Stream> ConnectAgentAsync(CancellationToken cancellationToken) =>
        IsDead ? s_never : Task.FromResult(machine.Connect());

    public void Die()
    {
        IsDead = true;
        Exited = new TaskCompletionSource<VmExit>().Task;
    }

    public Task KillAsync()
    {
        if (IsDead)
        {
            return s_never;
        }

        machine.End("killed by signal 9");
        return Task.CompletedTask;
    }

    public Task PauseAsync(CancellationToken cancellationToken) => Set(paused: true);

    public Task ResumeAsync(CancellationToken cancellationToken) => Set(paused: false);

    public bool TrySetCpuQuota(double cpus)
    {
        machine.CpuQuota = cpus;
        return true;
    }

    private Task Set(bool paused)
    {
        if (machine.PauseError is { } error)
        {
            throw new HypervisorException(error);
        }

        machine.Guest.Pause(paused);
        return Task.CompletedTask;
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
