namespace MicroVm.Hypervisor.Qemu;

/// <summary>A QEMU of this daemon's own, by its monitor.</summary>
internal sealed class QmpControl(string monitor) : IVmmControl
{
    public Task PauseAsync(CancellationToken cancellationToken) => ExecuteAsync("stop", cancellationToken);

    public Task ResumeAsync(CancellationToken cancellationToken) => ExecuteAsync("cont", cancellationToken);

    public Task<VmExit> DescribeAsync(VmmEnd end) => Task.FromResult(end.Status switch
    {
        0 => new VmExit(0, end.Panic ?? "guest stopped"),
        null => new(0, end.Panic ?? "ended"),
        < 0 => new(128 - end.Status.Value, $"VMM killed by signal {-end.Status.Value}"),
        _ => new(end.Status.Value, end.LastLine is { } line ? "QEMU: " + line : $"VMM ended with status {end.Status}"),
    });

    public void Settle()
    {
    }

    private async Task ExecuteAsync(string command, CancellationToken cancellationToken)
    {
        await using QmpClient qmp = await QmpClient.ConnectAsync(monitor, cancellationToken).ConfigureAwait(false);
        await qmp.ExecuteAsync(command, cancellationToken).ConfigureAwait(false);
    }
}
