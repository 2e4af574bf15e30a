namespace MicroVm.Images.Registry;

/// <summary>How often and after what wait something is tried again: doubling from the configured delay, bounded.</summary>
internal sealed class RetryDelays(RegistryOptions options)
{
    private static readonly TimeSpan s_longest = TimeSpan.FromSeconds(30);

    /// <summary>Attempts for small requests: a pull that can't work should say so soon.</summary>
    public int RequestAttempts => Math.Min(3, options.MaxDownloadAttempts);

    /// <summary>Waits after failed attempt <paramref name="attempt"/> (from 1); as long as the registry asked, within bounds.</summary>
    public Task WaitAsync(int attempt, TimeSpan? asked, CancellationToken cancellationToken)
    {
        TimeSpan delay = options.RetryDelay * Math.Pow(2, Math.Min(attempt - 1, 10));
        if (asked > delay)
        {
            delay = asked.Value;
        }

        return Task.Delay(delay < s_longest ? delay : s_longest, cancellationToken);
    }

    /// <summary>Runs a small request until it works, fails for good, or was tried often enough.</summary>
    public async Task<T> RunAsync<T>(Func<Task<T>> request, CancellationToken cancellationToken)
    {
        for (int attempt = 1; ; attempt++)
        {
            try
            {
                return await request();
            }
            catch (RegistryFailure e) when (e.IsTransient && attempt < RequestAttempts)
            {
                await WaitAsync(attempt, e.RetryAfter, cancellationToken);
            }
        }
    }
}
