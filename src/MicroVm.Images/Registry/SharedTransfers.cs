using MicroVm.Images.Store;

namespace MicroVm.Images.Registry;

/// <summary>
/// One transfer for all that want the same layer at once. It is cancelled when the last of them has gone, and that one
/// waits until it has cleaned up.
/// </summary>
internal sealed class SharedTransfers
{
    private readonly Lock _gate = new();
    private readonly Dictionary<Digest, Transfer> _transfers = [];

    /// <summary>Joins the transfer of <paramref name="key"/>, or starts <paramref name="work"/> as that.</summary>
    public async Task RunAsync(
        Digest key, Func<IProgress<TransferProgress>, CancellationToken, Task> work, IProgress<TransferProgress> watcher,
        CancellationToken cancellationToken)
    {
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            (Transfer transfer, bool isOwn) = Join(key, work, watcher);
            try
            {
                await transfer.Work.WaitAsync(cancellationToken);
                return;
            }
            catch (Exception e) when (!isOwn && !cancellationToken.IsCancellationRequested && e is not OutOfMemoryException)
            {
                // Somebody else's registry or credentials failed; ours may do.
            }
            finally
            {
                await LeaveAsync(key, transfer, watcher);
            }
        }
    }

    private (Transfer Transfer, bool IsOwn) Join(
        Digest key, Func<IProgress<TransferProgress>, CancellationToken, Task> work, IProgress<TransferProgress> watcher)
    {
        lock (_gate)
        {
            if (_transfers.TryGetValue(key, out Transfer? running))
            {
                running.Add(watcher);
                return (running, false);
            }

            var transfer = new Transfer();
            transfer.Add(watcher);
            _transfers.Add(key, transfer);
            transfer.Work = Task.Run(() => work(transfer, transfer.Stop.Token), CancellationToken.None);
            return (transfer, true);
        }
    }

    private async Task LeaveAsync(Digest key, Transfer transfer, IProgress<TransferProgress> watcher)
    {
        bool isLast;
        lock (_gate)
        {
            isLast = transfer.Remove(watcher);
            if ((isLast || transfer.Work.IsCompleted) && _transfers.GetValueOrDefault(key) == transfer)
            {
                _transfers.Remove(key);
            }
        }

        if (isLast)
        {
            await transfer.Stop.CancelAsync();
            await transfer.Work.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            transfer.Stop.Dispose();
        }
    }

    private sealed class Transfer : IProgress<TransferProgress>
    {
        private readonly Lock _watching = new();
        private readonly List<IProgress<TransferProgress>> _watchers = [];

        public CancellationTokenSource Stop { get; } = new();

        public Task Work { get; set; } = Task.CompletedTask;

        public void Add(IProgress<TransferProgress> watcher)
        {
            lock (_watching)
            {
                _watchers.Add(watcher);
            }
        }

        /// <summary>Whether nobody is left.</summary>
        public bool Remove(IProgress<TransferProgress> watcher)
        {
            lock (_watching)
            {
                _watchers.Remove(watcher);
                return _watchers.Count == 0;
            }
        }

        public void Report(TransferProgress value)
        {
            IProgress<TransferProgress>[] watchers;
            lock (_watching)
            {
                watchers = [.. _watchers];
            }

            foreach (IProgress<TransferProgress> watcher in watchers)
            {
                watcher.Report(value);
            }
        }
    }
}
