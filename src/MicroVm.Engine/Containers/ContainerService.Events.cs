using MicroVm.Engine.Events;

namespace MicroVm.Engine.Containers;

public sealed partial class ContainerService
{
    private void Publish(Container container, string action, params ReadOnlySpan<(string Name, string Value)> particular) =>
        _events.Publish(container.Snapshot, action, particular);

    /// <summary>Told before the end that the signal may bring; a process that has ended gets none.</summary>
    private void PublishKill(Container container, ContainerRun run, int signal)
    {
        lock (container.Sync)
        {
            if (!run.Ended.IsCompleted)
            {
                Publish(container, "kill", ("signal", signal.Text()));
            }
        }
    }

    /// <summary>Under the container's lock, so that its events are told in the order in which they happened.</summary>
    private void PublishEnd(Container container, RunEnd end)
    {
        if (end.OutOfMemory)
        {
            Publish(container, "oom");
        }

        TimeSpan ran = container.Snapshot.FinishedAt - container.Snapshot.StartedAt ?? TimeSpan.Zero;
        Publish(container, "die", ("execDuration", ((int)ran.TotalSeconds).Text()), ("exitCode", end.ExitCode.Text()));
    }
}
