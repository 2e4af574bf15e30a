namespace MicroVm.Engine.Persistence;

/// <summary>
/// Writes one container's records in the order they were given, in the background; of several that wait only the
/// newest is written. Whoever needs it on disk awaits the returned task.
/// </summary>
internal sealed class RecordWriter(ContainerPaths paths)
{
    private readonly Lock _sync = new();
    private (ContainerRecord Record, bool Durable)? _pending;
    private Task _last = Task.CompletedTask;
    private bool _isClosed;

    /// <summary>Completes when this record or a newer one is on disk.</summary>
    public Task Save(ContainerRecord record, bool durable)
    {
        lock (_sync)
        {
            if (_isClosed)
            {
                return Task.CompletedTask;
            }

            bool isQueued = _pending is not null;
            _pending = (record, durable || _pending is { Durable: true });
            if (!isQueued)
            {
                _last = AfterLastAsync(_last);
            }

            return _last;
        }
    }

    /// <summary>Waits until all that was given is on disk.</summary>
    public async Task FlushAsync()
    {
        Task last;
        lock (_sync)
        {
            last = _last;
        }

        await last.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    /// <summary>Nothing is written any more (the container is being deleted); waits for a write under way.</summary>
    public async Task CloseAsync()
    {
        lock (_sync)
        {
            _isClosed = true;
            _pending = null;
        }

        await FlushAsync().ConfigureAwait(false);
    }

    private async Task AfterLastAsync(Task last)
    {
        await last.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ForceYielding);
        (ContainerRecord Record, bool Durable)? next;
        lock (_sync)
        {
            next = _pending;
            _pending = null;
        }

        if (next is { } pending)
        {
            ContainerStore.Save(paths, pending.Record, pending.Durable);
        }
    }
}
