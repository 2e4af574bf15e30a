namespace MicroVm.Engine.Files;

/// <summary>Those who use a virtual machine for the files that it has: it stays until they have left and none has come for a while.</summary>
internal sealed class Visits
{
    private static readonly TimeSpan s_linger = TimeSpan.FromSeconds(3);
    private readonly Lock _sync = new();
    private readonly TaskCompletionSource _over = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _users;
    private int _visits;
    private bool _closing;

    /// <summary>Nobody is there, and nobody enters any more.</summary>
    public Task Over => _over.Task;

    /// <summary>False: nobody enters any more.</summary>
    public bool TryEnter()
    {
        lock (_sync)
        {
            _users += _closing ? 0 : 1;
            _visits++;
            return !_closing;
        }
    }

    public void Leave()
    {
        lock (_sync)
        {
            _users--;
            EndIfUnused();
            if (_users == 0 && !_closing)
            {
                CloseLater();
            }
        }
    }

    /// <summary>Nobody enters any more.</summary>
    public void Close()
    {
        lock (_sync)
        {
            _closing = true;
            EndIfUnused();
        }
    }

    /// <summary>As <see cref="Close"/>, if nobody is there and nobody comes for three seconds.</summary>
    public void CloseLater() => _ = CloseUnlessVisitedAsync();

    private async Task CloseUnlessVisitedAsync()
    {
        int before = Volatile.Read(ref _visits);
        await Task.Delay(s_linger).ConfigureAwait(false);
        lock (_sync)
        {
            _closing |= _users == 0 && _visits == before;
            EndIfUnused();
        }
    }

    private void EndIfUnused()
    {
        if (_closing && _users == 0)
        {
            _over.TrySetResult();
        }
    }
}
