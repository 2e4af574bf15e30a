namespace MicroVm.Engine.Stdio;

/// <summary>Wakes those who wait for "something has changed". Use under the owner's lock.</summary>
internal sealed class Pulse
{
    private TaskCompletionSource? _next;

    /// <summary>Completes at the next <see cref="Fire"/>.</summary>
    public Task Next => (_next ??= new(TaskCreationOptions.RunContinuationsAsynchronously)).Task;

    public void Fire()
    {
        TaskCompletionSource? fired = _next;
        _next = null;
        fired?.TrySetResult();
    }
}
