namespace MicroVm.Engine.Containers;

/// <summary>Whether a container is paused, and whether its VM's processors run, for those who wait that they do.</summary>
internal sealed class PauseGate
{
    private volatile TaskCompletionSource? _stopped;
    private volatile bool _isPaused;

    public bool IsPaused => _isPaused;

    /// <summary>Completed while the processors run.</summary>
    public Task Running => _stopped?.Task ?? Task.CompletedTask;

    public void Close()
    {
        _isPaused = true;
        Stop();
    }

    public void Open()
    {
        _isPaused = false;
        Run();
    }

    /// <summary>The processors run for a while, and the container stays paused: its own processes stand still.</summary>
    public void Lend() => Run();

    /// <summary>The processors of a paused container stand still again.</summary>
    public void TakeBack() => Stop();

    private void Stop() => _stopped ??= new(TaskCreationOptions.RunContinuationsAsynchronously);

    private void Run()
    {
        TaskCompletionSource? stopped = _stopped;
        _stopped = null;
        stopped?.TrySetResult();
    }
}
