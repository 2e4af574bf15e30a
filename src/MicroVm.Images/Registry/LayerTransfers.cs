namespace MicroVm.Images.Registry;

/// <summary>Layers of one pull or push, some at a time.</summary>
internal static class LayerTransfers
{
    private const int MaxAtOnce = 64;

    /// <summary>Runs all; the first that fails ends the others, and its failure is thrown.</summary>
    /// <param name="atOnce">Brought to between 1 and 64.</param>
    public static async Task<TResult[]> RunAsync<TLayer, TResult>(
        IEnumerable<TLayer> layers, Func<TLayer, CancellationToken, Task<TResult>> transfer, int atOnce, CancellationToken cancellationToken)
    {
        using var failure = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using var slots = new SemaphoreSlim(Math.Clamp(atOnce, 1, MaxAtOnce));
        List<Task<TResult>> running = [.. layers.Select(layer => RunInSlotAsync(() => transfer(layer, failure.Token), slots, failure))];
        try
        {
            return await Task.WhenAll(running);
        }
        catch
        {
            // The first real failure, not the cancellations that followed from it.
            cancellationToken.ThrowIfCancellationRequested();
            await (running.Find(task => task.IsFaulted) ?? running.Find(task => task.IsCanceled)!);
            throw;
        }
    }

    private static async Task<TResult> RunInSlotAsync<TResult>(Func<Task<TResult>> transfer, SemaphoreSlim slots, CancellationTokenSource failure)
    {
        try
        {
            await slots.WaitAsync(failure.Token);
            try
            {
                return await transfer();
            }
            finally
            {
                slots.Release();
            }
        }
        catch
        {
            await failure.CancelAsync();
            throw;
        }
    }
}
