namespace MicroVm.Engine.Containers;

/// <summary>Whether a VM's processors run, for those who wait that they do.</summary>
internal sealed class PauseGate
{
    private volatile TaskCompletionSource? _paused;

    public bool IsPaused => _paused is not null;

    /// <summary>Completed while the processors run.</summary>
    public Task Running => _paused?.Task ?? Task.CompletedTask;

    public void Close() => _paused ??= new(TaskCreationOptions.RunContinuationsAsynchronously);

    public void Open()
    {
        TaskCompletionSource? paused = _paused;
        _paused = null;
        paused?.TrySetResult();
    }
}
