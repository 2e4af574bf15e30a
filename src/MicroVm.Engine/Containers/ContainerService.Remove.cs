using MicroVm.Engine.Guest;

namespace MicroVm.Engine.Containers;

public sealed partial class ContainerService
{
    public Task RemoveAsync(string container, bool force, bool removeVolumes, CancellationToken cancellationToken)
    {
        Container found = _index.Find(container);
        lock (found.Sync)
        {
            if (found.Removing is not null)
            {
                throw new EngineException(EngineErrorKind.Conflict, $"removal of container {found.Id} is already in progress");
            }

            bool isUp = found.IsRunning || found.Starting is not null || found.Snapshot.Status == ContainerStatus.Restarting;
            if (!force && isUp)
            {
                string state = found.Snapshot.Status switch
                {
                    ContainerStatus.Paused => "paused",
                    ContainerStatus.Restarting => "restarting",
                    _ => "running",
                };
                throw new EngineException(
                    EngineErrorKind.Conflict,
                    $"cannot remove container \"/{found.Snapshot.Name}\": container is {state}: "
                    + "stop the container before removing or force remove");
            }

            return RemoveOnceAsync(found, removeVolumes).WaitAsync(cancellationToken);
        }
    }

    /// <summary>Removes the container whatever its state; all callers share one removal.</summary>
    private Task RemoveOnceAsync(Container container, bool removeVolumes)
    {
        lock (container.Sync)
        {
            return container.Removing ??= Task.Run(() => RemoveCoreAsync(container, removeVolumes));
        }
    }

    /// <summary>At the end of one that was to go with its run (--rm).</summary>
    private Task AutoRemoveAsync(Container container) => RemoveOnceAsync(container, removeVolumes: container.Snapshot.Spec.AutoRemove);

    private async Task RemoveCoreAsync(Container container, bool removeVolumes)
    {
        try
        {
            await EndRunAsync(container).ConfigureAwait(false);
            if (container.Offline is { } offline)
            {
                await offline.DisposeAsync().ConfigureAwait(false);
            }

            if (container.Disks is { } disks)
            {
                await IgnoreFailure(disks).ConfigureAwait(false);
            }

            await container.StopWritingAsync().ConfigureAwait(false);
            _store.Delete(container.Id);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Dead(container, e);
        }

        _index.Remove(container);
        _volumes.ReleaseAll(container.Id);
        if (removeVolumes)
        {
            await RemoveAnonymousVolumesAsync(container).ConfigureAwait(false);
        }

        container.EndStreams();
        lock (container.Sync)
        {
            container.Waiters.CompleteRemoved(ExitOf(container.Snapshot));
        }

        Publish(container, "destroy");
        LogRemoved(container.Id);
    }

    private async Task EndRunAsync(Container container)
    {
        CallOffPending(container);
        await CallOffStartAsync(container).ConfigureAwait(false);
        _ = container.UpdateSnapshot(snapshot => snapshot with { Status = ContainerStatus.Removing });
        if (container.Run is { } run)
        {
            PublishKill(container, run, Signals.Kill);
            await run.Machine.KillAsync().ConfigureAwait(false);
            await run.Gone.ConfigureAwait(false);
        }
    }

    private static async Task CallOffStartAsync(Container container)
    {
        Task? starting;
        lock (container.Sync)
        {
            starting = container.Starting;
            container.BootCancellation?.CancelAfter(TimeSpan.Zero);
        }

        await IgnoreFailure(starting ?? Task.CompletedTask).ConfigureAwait(false);
    }

    /// <summary>What could not be deleted stays, in a state that allows only another try.</summary>
    private static EngineException Dead(Container container, Exception cause)
    {
        string message = $"container {container.Id}: cannot remove its files: {OneLine.Of(cause.Message, 300)}";
        lock (container.Sync)
        {
            container.Removing = null;
            _ = container.UpdateSnapshot(s => s with { Status = ContainerStatus.Dead, Error = message });
        }

        return new(EngineErrorKind.Internal, message, cause);
    }
}
