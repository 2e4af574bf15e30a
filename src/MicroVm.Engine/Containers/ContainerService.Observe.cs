using MicroVm.Engine.Observation;
using MicroVm.Protocol;
using MicroVm.Protocol.Connection;
using MicroVm.Protocol.Messages;

namespace MicroVm.Engine.Containers;

public sealed partial class ContainerService
{
    private const int MaxListedProcesses = 4096;

    // Docker's client waits two seconds for each figure.
    private static readonly TimeSpan s_statsTimeout = TimeSpan.FromSeconds(1.2);
    private static readonly TimeSpan s_listTimeout = TimeSpan.FromSeconds(20);

    public async Task<ContainerStats?> StatsAsync(string container, CancellationToken cancellationToken)
    {
        if (RunningOf(_index.Find(container)) is not { } run)
        {
            return null;
        }

        if (run.Gate.IsPaused)
        {
            return StandingStill(run);
        }

        try
        {
            return await run.Stats.SampleAsync().WaitAsync(s_statsTimeout, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is TimeoutException or IOException or RequestFailedException)
        {
            return StandingStill(run);
        }
    }

    public async Task<IReadOnlyList<ContainerProcess>> ProcessesAsync(string container, CancellationToken cancellationToken)
    {
        Container found = _index.Find(container);
        ContainerRun run = RunningOf(found) ?? throw NotRunning(found);
        if (run.Gate.IsPaused)
        {
            throw new EngineException(EngineErrorKind.Conflict, $"container {found.Id} is paused, unpause the container before top");
        }

        using CancellationTokenSource timeout = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        timeout.CancelAfter(s_listTimeout);
        try
        {
            return await ListProcessesAsync(run, timeout.Token).ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or RequestFailedException or ProtocolException or OperationCanceledException)
        {
            cancellationToken.ThrowIfCancellationRequested();
            string reason = e is OperationCanceledException ? "its guest does not answer" : OneLine.Of(e.Message, 300);
            throw new EngineException(EngineErrorKind.Internal, $"container {found.Id}: cannot list its processes: {reason}", e);
        }
    }

    /// <summary>Page after page, each with greater pids than the last, up to a number that no container needs.</summary>
    private static async Task<IReadOnlyList<ContainerProcess>> ListProcessesAsync(ContainerRun run, CancellationToken cancellationToken)
    {
        List<ContainerProcess> processes = [];
        uint last = 0;
        while (processes.Count < MaxListedProcesses)
        {
            ProcessList page = await run.Session.ListProcessesAsync(last, cancellationToken).ConfigureAwait(false);
            foreach (ProcessInfo process in page.Processes)
            {
                last = process.Pid > last ? process.Pid : throw new ProtocolException("a list of processes that does not rise");
                processes.Add(ContainerProcess.Of(process, page.Uptime, run.Spec.Memory));
            }

            if (!page.More || page.Processes.Count == 0)
            {
                break;
            }
        }

        return processes;
    }

    /// <summary>What was last known, now: nothing was used since.</summary>
    private static ContainerStats StandingStill(ContainerRun run)
    {
        ContainerStats last = run.Stats.Last ?? new()
        {
            Time = default,
            SystemTime = 0,
            Processors = run.Spec.VCpus,
            MemoryLimit = (ulong)run.Spec.Memory,
        };
        return last with { Time = DateTimeOffset.UtcNow };
    }
}
