namespace MicroVm.Engine.Persistence;

/// <summary>
/// Writes one container's records in the order they were given, in the background; of several that wait only the
/// newest is written. Whoever needs durability awaits the returned task.
/// </summary>
internal sealed class RecordWriter(ContainerPaths paths, bool durable)
{
    private readonly Lock _sync = new();
    private ContainerRecord? _pending;
    private Task _last = Task.CompletedTask;
    private bool _isClosed;

    /// <summary>Completes when this record or a newer one is on disk.</summary>
    public Task Save(ContainerRecord record)
    {
        lock (_sync)
        {
            if (_isClosed)
            {
                return Task.CompletedTask;
            }

            bool isQueued = _pending is not null;
            _pending = record;
            if (!isQueued)
            {
                _last = AfterLastAsync(_last);
            }

            return _last;
        }
    }

    /// <summary>Nothing is written any more (the container is being deleted); waits for a write under way.</summary>
    public Task CloseAsync()
    {
        lock (_sync)
        {
            _isClosed = true;
            _pending = null;
            return _last;
        }
    }

    private async Task AfterLastAsync(Task last)
    {
        await last.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ForceYielding);
        ContainerRecord? record;
        lock (_sync)
        {
            record = _pending;
            _pending = null;
        }

        if (record is not null)
        {
            ContainerStore.Save(paths, record, durable);
        }
    }
}
