namespace MicroVm.Engine.Containers;

/// <summary>Those who wait for a container's exit or removal. Use under the container's lock.</summary>
internal sealed class ContainerWaiters
{
    private TaskCompletionSource<ContainerExit> _exit = NewSource();
    private TaskCompletionSource<ContainerExit> _stop = NewSource();
    private readonly TaskCompletionSource<ContainerExit> _removed = NewSource();

    private ContainerExit? _last;

    public Task<ContainerExit> NextExit => _exit.Task;

    /// <summary>The next exit after which it stays down.</summary>
    public Task<ContainerExit> NextStop => _stop.Task;

    public Task<ContainerExit> Removed => _removed.Task;

    public void CompleteExit(ContainerExit exit)
    {
        _last = exit;
        TaskCompletionSource<ContainerExit> completed = _exit;
        _exit = NewSource();
        completed.TrySetResult(exit);
    }

    public void CompleteStop(ContainerExit exit)
    {
        TaskCompletionSource<ContainerExit> completed = _stop;
        _stop = NewSource();
        completed.TrySetResult(exit);
    }

    /// <param name="recorded">For one that has not ended since the daemon started.</param>
    public void CompleteRemoved(ContainerExit recorded)
    {
        ContainerExit exit = _last ?? recorded;
        _exit.TrySetResult(exit);
        _stop.TrySetResult(exit);
        _removed.TrySetResult(exit);
    }

    private static TaskCompletionSource<ContainerExit> NewSource() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
