namespace MicroVm.Engine.Containers;

/// <summary>Those who wait for a container's exit or removal. Use under the container's lock.</summary>
internal sealed class ContainerWaiters
{
    private TaskCompletionSource<ContainerExit> _exit = NewSource();
    private readonly TaskCompletionSource<ContainerExit> _removed = NewSource();

    public Task<ContainerExit> NextExit => _exit.Task;

    public Task<ContainerExit> Removed => _removed.Task;

    public void CompleteExit(ContainerExit exit)
    {
        TaskCompletionSource<ContainerExit> completed = _exit;
        _exit = NewSource();
        completed.TrySetResult(exit);
    }

    public void CompleteRemoved(ContainerExit exit)
    {
        _exit.TrySetResult(exit);
        _removed.TrySetResult(exit);
    }

    private static TaskCompletionSource<ContainerExit> NewSource() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
