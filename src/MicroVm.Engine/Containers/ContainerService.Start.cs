using MicroVm.Engine.Guest;
using MicroVm.Engine.Health;
using MicroVm.Engine.Logs;
using MicroVm.Engine.Networks;
using MicroVm.Engine.Persistence;
using MicroVm.Engine.Stdio;
using MicroVm.Hypervisor;
using MicroVm.Protocol.Messages;

namespace MicroVm.Engine.Containers;

public sealed partial class ContainerService
{
    public async Task StartAsync(string container, CancellationToken cancellationToken)
    {
        Container found = _index.Find(container);
        while (true)
        {
            (Task task, bool isOurs) = BeginStart(found);
            await task.WaitAsync(cancellationToken).ConfigureAwait(false);
            if (isOurs)
            {
                return;
            }
        }
    }

    /// <summary>Ours: the start itself. Not ours: something that must be over before a start.</summary>
    private (Task Task, bool IsOurs) BeginStart(Container container)
    {
        lock (container.Sync)
        {
            if (container.Starting is { } other)
            {
                return (IgnoreFailure(other), false);
            }

            RequireStartable(container);
            if (container.Run is { } ending)
            {
                return (ending.Gone, false);
            }

            if (container.Offline is { } offline)
            {
                return (offline.CloseAsync(), false);
            }

            MarkWanted(container);
            return (Launch(container), true);
        }
    }

    /// <summary>Under the container's lock.</summary>
    private Task Launch(Container container)
    {
        CancellationTokenSource boot = new(_options.BootTimeout);
        container.BootCancellation = boot;
        return container.Starting = Task.Run(() => RunStartAsync(container, boot));
    }

    private static void RequireStartable(Container container)
    {
        if (container.IsRunning || container.Snapshot.Status == ContainerStatus.Restarting)
        {
            throw container.Snapshot.Status == ContainerStatus.Paused
                ? new EngineException(EngineErrorKind.Conflict, "cannot start a paused container, try unpause instead")
                : new EngineException(EngineErrorKind.NotModified, $"container {container.Id} is already running");
        }

        if (container.Removing is not null || container.Snapshot.Status is ContainerStatus.Removing or ContainerStatus.Dead)
        {
            throw new EngineException(EngineErrorKind.Conflict, "container is marked for removal and cannot be started");
        }
    }

    private async Task RunStartAsync(Container container, CancellationTokenSource boot)
    {
        Exception? failure = null;
        try
        {
            await LaunchAsync(container, boot.Token).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            failure = e;
        }

        StartFailure? told = failure is null ? null : RecordFailure(container, Explain(failure, boot.Token));
        lock (container.Sync)
        {
            container.Starting = null;
            container.BootCancellation = null;
            boot.Dispose();
        }

        if (told is not null)
        {
            await AfterFailedStartAsync(container).ConfigureAwait(false);
            throw new EngineException(told.Kind, told.Message, failure);
        }
    }

    private async Task LaunchAsync(Container container, CancellationToken cancellationToken)
    {
        PrepareSources(container);
        StartClock clock = new();
        PreparedDisks disks = await DisksAsync(container).WaitAsync(cancellationToken).ConfigureAwait(false);
        clock.Mark("disk");
        IReadOnlyList<PublishedPort> ports = [];
        try
        {
            IReadOnlyList<NetworkEndpoint> endpoints = _networks.Join(container);
            ports = _ports.Take(VmSpecs.WantedPorts(container.Snapshot, endpoints));
            _ = container.UpdateSnapshot(snapshot => snapshot with { Endpoints = endpoints });
            VmSpec spec = VmSpecs.Make(container.Snapshot, container.Paths, disks, ports, _options, _hypervisor.Info);
            await LaunchAsync(container, spec, clock, cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            _ports.Release(ports);
            _networks.Leave(container);
            throw;
        }
    }

    private async Task LaunchAsync(Container container, VmSpec spec, StartClock clock, CancellationToken cancellationToken)
    {
        ContainerStore.MakeRuntimeDirectory(container.Paths);
        File.Delete(container.Paths.KernelLog);

        // Before the VM exists: a daemon that comes later must know of it.
        await container.Update(record => record with { Vm = spec, HasEnded = false }, durable: false).ConfigureAwait(false);
        IVirtualMachine? machine = null;
        try
        {
            machine = await _hypervisor.StartAsync(spec, cancellationToken).ConfigureAwait(false);
            clock.Mark(machine.IsRestored ? "restore" : "vmm");
            if (machine.Warning is { } warning)
            {
                LogWeaker(container.Id, warning);
            }

            await _networks.ConnectAsync(container, container.Snapshot.Endpoints, spec.PublishedPorts).WaitAsync(cancellationToken).ConfigureAwait(false);
            clock.Mark("network");
            ContainerRun run = await BootAsync(container, machine, spec, clock, cancellationToken).ConfigureAwait(false);
            MarkRunning(container, run, clock);
        }
        catch (Exception e)
        {
            Exception told = machine is null ? e : await WithReasonAsync(container, machine, e).ConfigureAwait(false);
            await DiscardMachineAsync(container, machine).ConfigureAwait(false);
            throw told;
        }
    }

    /// <summary>Everything that the guest needs goes out at once; the answers are awaited in their order.</summary>
    private async Task<ContainerRun> BootAsync(
        Container container, IVirtualMachine machine, VmSpec spec, StartClock clock, CancellationToken cancellationToken)
    {
        StdioHub hub = container.Hub;
        Setup setup = GuestRequests.Setup(container.Snapshot, HostResolver.Read());
        (int Rows, int Columns) terminalSize = container.TerminalSize;
        Start start = GuestRequests.Start(container.Snapshot, terminalSize);
        ContainerLog log = ContainerLog.Start(container.Paths.Log, container.Paths.LogPosition, container.LogSettings);
        hub.Begin(log);
        GuestSession? session = null;
        try
        {
            Stream channel = await machine.ConnectAgentAsync(cancellationToken).ConfigureAwait(false);
            session = GuestSession.Open(channel, spec.Token, hub);
            HelloReply guest = await session.StartAsync(setup, GuestRequests.Limits(container.Snapshot.Spec), start, clock, cancellationToken).ConfigureAwait(false);
            LogGuest(container.Id, OneLine.Of(guest.KernelRelease, 64), OneLine.Of(guest.AgentBuild, 64), guest.MemoryTotal, guest.MemoryAvailable);
            return new(machine, spec, session, hub, log) { Session = session, TerminalSize = terminalSize };
        }
        catch
        {
            if (session is not null)
            {
                await session.DisposeAsync().ConfigureAwait(false);
            }

            log.Complete();
            log.Dispose();
            throw;
        }
    }

    private void MarkRunning(Container container, ContainerRun run, StartClock clock)
    {
        clock.MarkTotal();
        lock (container.Sync)
        {
            container.Run = run;
            _ = container.UpdateSnapshot(snapshot => snapshot with
            {
                Status = ContainerStatus.Running,
                Pid = run.Machine.ProcessId,
                ExitCode = 0,
                OomKilled = false,
                Error = "",
                StartedAt = DateTimeOffset.UtcNow,
                FinishedAt = null,
                Ports = run.Spec.PublishedPorts,
                Timings = clock.Steps,
                Health = snapshot.Effective.Health is null ? null : HealthState.Starting,
            });
            PublishMounts(container);
            Publish(container, "start");
        }

        LogStarted(container.Id, run.Machine.IsRestored ? "restored" : "booted", clock.Total());
        _ = run.Hub.Stdin.OpenAsync(run.Session.Init.Stdin);
        _ = CatchUpWithResizeAsync(container, run);
        _ = RecordFirstOutputAsync(container, run, clock);
        run.Supervision = Task.Run(() => SuperviseAsync(container, run));
        MonitorHealth(container, run);
    }

    private static async Task RecordFirstOutputAsync(Container container, ContainerRun run, StartClock clock)
    {
        if (await Task.WhenAny(run.Hub.FirstOutput.Task, run.Ended).ConfigureAwait(false) != run.Ended)
        {
            clock.Mark("output");
            _ = container.UpdateSnapshot(snapshot => snapshot with { Timings = clock.Steps });
        }
    }

    /// <summary>The terminal was resized after the start request had been made.</summary>
    private static async Task CatchUpWithResizeAsync(Container container, ContainerRun run)
    {
        (int rows, int columns) = container.TerminalSize;
        if ((rows, columns) != run.TerminalSize)
        {
            await IgnoreFailure(run.Session.ResizeAsync(GuestRequests.InitProcess, rows, columns, CancellationToken.None)).ConfigureAwait(false);
        }
    }

    private void MonitorHealth(Container container, ContainerRun run)
    {
        if (container.Snapshot.Effective.Health is { } check)
        {
            run.Accompany(Task.Run(new HealthMonitor(container, run, check.WithDefaults(), _events).RunAsync));
        }
    }

    internal static async Task IgnoreFailure(Task task) =>
        await task.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
}
