namespace MicroVm.Engine.Containers;

public sealed partial class ContainerService
{
    public async Task RestartAsync(string container, int? timeoutSeconds, string? signal, CancellationToken cancellationToken)
    {
        Container found = _index.Find(container);
        await StopForRestartAsync(found, timeoutSeconds, signal, cancellationToken).ConfigureAwait(false);
        await StartAsync(found.Id, cancellationToken).ConfigureAwait(false);
        Publish(found, "restart");
    }

    private async Task StopForRestartAsync(Container container, int? timeoutSeconds, string? signal, CancellationToken cancellationToken)
    {
        CountRestart(container, 1);
        try
        {
            await StopAsync(container.Id, timeoutSeconds, signal, cancellationToken).ConfigureAwait(false);
        }
        catch (EngineException e) when (e.Kind == EngineErrorKind.NotModified)
        {
            // It does not run; then there is only the start.
        }
        finally
        {
            CountRestart(container, -1);
        }
    }

    private static void CountRestart(Container container, int change)
    {
        lock (container.Sync)
        {
            container.Restarts += change;
        }
    }
}
