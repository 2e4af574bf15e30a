namespace MicroVm.Engine.Observation;

/// <summary>One measurement at a time of a guest, shared by all who ask meanwhile: many clients cost no more than one.</summary>
/// <param name="measure">Asks the guest.</param>
internal sealed class StatsSampler(Func<Task<ContainerStats>> measure)
{
    private readonly Lock _sync = new();
    private Task<ContainerStats>? _pending;

    /// <summary>The last that the guest told; null: none yet.</summary>
    public ContainerStats? Last { get; private set; }

    public Task<ContainerStats> SampleAsync()
    {
        lock (_sync)
        {
            return _pending is { IsCompleted: false } pending ? pending : _pending = Task.Run(MeasureAsync);
        }
    }

    private async Task<ContainerStats> MeasureAsync() => Last = await measure().ConfigureAwait(false);
}
