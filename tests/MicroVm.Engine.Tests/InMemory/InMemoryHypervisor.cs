using System.Collections.Concurrent;
using MicroVm.Hypervisor;

namespace MicroVm.Engine.Tests.InMemory;

/// <summary>
/// Runs <see cref="InMemoryGuest"/>s in place of VMs, which outlive the engine that started them as VMs outlive the
/// daemon. For what a real VM can't be made to do at will: die at any point, send garbage, lose its connection.
/// </summary>
internal sealed class InMemoryHypervisor : IHypervisor
{
    private readonly ConcurrentDictionary<string, InMemoryMachine> _machines = new();
    private readonly ConcurrentBag<MachineHandle> _handles = [];

    public HypervisorInfo Info { get; } = new("memory", "tcg", "", "socket", "1");

    /// <summary>What each guest that is started does.</summary>
    public GuestBehavior Behavior { get; set; } = new();

    public IReadOnlyList<InMemoryMachine> Running => [.. _machines.Values.Where(machine => !machine.Exited.IsCompleted)];

    public InMemoryMachine this[string id] => _machines[id];

    public Task<IVirtualMachine> StartAsync(VmSpec spec, CancellationToken cancellationToken)
    {
        if (Behavior.StartError is { } error)
        {
            throw new HypervisorException(error);
        }

        InMemoryMachine machine = new(spec, Behavior);
        _machines[spec.Id] = machine;
        return Task.FromResult<IVirtualMachine>(NewHandle(machine));
    }

    public Task<IVirtualMachine?> AdoptAsync(VmSpec spec, CancellationToken cancellationToken) =>
        Task.FromResult<IVirtualMachine?>(
            _machines.TryGetValue(spec.Id, out InMemoryMachine? machine) && !machine.Exited.IsCompleted ? NewHandle(machine) : null);

    /// <summary>The daemon that has the handles given so far is dead: nothing it asks for is carried out.</summary>
    public void KillDaemon()
    {
        foreach (MachineHandle handle in _handles)
        {
            handle.Die();
            handle.Machine.Guest.Disconnect();
        }

        _handles.Clear();
    }

    private MachineHandle NewHandle(InMemoryMachine machine)
    {
        MachineHandle handle = new(machine);
        _handles.Add(handle);
        return handle;
    }
}
