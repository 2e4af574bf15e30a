namespace MicroVm.Engine.Containers;

public sealed partial class ContainerService
{
    /// <summary>Changes which networks it is on at its next start.</summary>
    /// <exception cref="EngineException">Conflict: it runs, and a virtual machine's interfaces are made with it.</exception>
    internal async Task ChangeNetworksAsync(string container, Func<ContainerSpec, ContainerSpec> change, CancellationToken cancellationToken)
    {
        Container found = _index.Find(container);
        Task saved;
        lock (found.Sync)
        {
            ContainerSpec changed = change(found.Snapshot.Spec);
            if (found.IsRunning || found.Starting is not null || found.Snapshot.Status == ContainerStatus.Restarting)
            {
                throw new EngineException(
                    EngineErrorKind.Conflict, $"container {found.Snapshot.Name} is running: a virtual machine's interfaces can't change, stop the container first");
            }

            saved = found.UpdateSnapshot(snapshot => snapshot with { Spec = changed }, durable: !found.Snapshot.Spec.AutoRemove);
        }

        await saved.WaitAsync(cancellationToken).ConfigureAwait(false);
    }
}
