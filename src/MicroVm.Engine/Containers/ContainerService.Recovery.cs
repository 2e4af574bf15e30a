using MicroVm.Engine.Guest;
using MicroVm.Engine.Logs;
using MicroVm.Engine.Persistence;
using MicroVm.Hypervisor;
using MicroVm.Protocol;

namespace MicroVm.Engine.Containers;

public sealed partial class ContainerService
{
    /// <summary>
    /// Takes up what an earlier daemon left: running VMs go on, half-made starts and half-done removals are cleared,
    /// --rm containers that ended are removed. Returns when every container is in a settled state.
    /// </summary>
    public async Task RecoverAsync(CancellationToken cancellationToken)
    {
        _store.EmptyTrash();
        List<Container> containers = [];
        foreach (ContainerRecord record in _store.LoadAll(e => LogUnreadable(e.Message)))
        {
            Container container = new(record, _store.PathsOf(record.Snapshot.Id));
            _index.Add(container);
            containers.Add(container);
            HoldVolumes(container);
        }

        await Task.WhenAll(containers.Select(container => RecoverAsync(container, cancellationToken))).ConfigureAwait(false);
        await _networks.RecoverAsync().ConfigureAwait(false);
        await EndStrayOfflineVmsAsync(cancellationToken).ConfigureAwait(false);
        _store.DeleteStrayRuntimeDirectories(containers.Where(c => c.Run is not null).Select(c => c.Paths.RuntimeDirectory));
        containers.ForEach(RestartRecovered);
        _ = Task.Run(ExpectVms, CancellationToken.None);
    }

    /// <summary>Of containers that ask for nothing particular.</summary>
    private void ExpectVms() => _hypervisor.Expect(
        GuestFiles.KernelFor(_options.Kernel, _hypervisor.Info.Accelerator),
        _options.Initramfs,
        VmSpecs.DefaultVCpus(_options, _hypervisor.Info),
        _options.DefaultMemory);

    private async Task RecoverAsync(Container container, CancellationToken cancellationToken)
    {
        try
        {
            await RecoverMachineAsync(container, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is HypervisorException or IOException or EngineException or ProtocolException)
        {
            // What one guest answers must not keep the daemon from starting.
            LogRecoveryFailed(container.Id, OneLine.Of(e.Message, 300));
            await MarkLostAsync(container, OneLine.Of(e.Message, 300)).ConfigureAwait(false);
        }

        bool isLeftover = container.Snapshot is { Spec.AutoRemove: true, Status: not ContainerStatus.Created };
        if (container.Run is null && (isLeftover || container.Snapshot.Status is ContainerStatus.Removing))
        {
            await IgnoreFailure(AutoRemoveAsync(container)).ConfigureAwait(false);
        }
    }

    private async Task RecoverMachineAsync(Container container, CancellationToken cancellationToken)
    {
        if (container.Record.Vm is not { } spec)
        {
            return;
        }

        IVirtualMachine? machine = await _hypervisor.AdoptAsync(spec, cancellationToken).ConfigureAwait(false);
        bool shouldRun = container.IsRunning && !container.Record.HasEnded;
        if (machine is not null && shouldRun)
        {
            await ReadoptAsync(container, machine, spec, cancellationToken).ConfigureAwait(false);
            return;
        }

        await DiscardMachineAsync(container, machine).ConfigureAwait(false);
        if (shouldRun)
        {
            await MarkLostAsync(container, "the virtual machine ended while the daemon was not running").ConfigureAwait(false);
        }
    }

    private async Task ReadoptAsync(
        Container container, IVirtualMachine machine, VmSpec spec, CancellationToken cancellationToken)
    {
        ContainerLog log = ContainerLog.Resume(container.Paths.Log, container.Paths.LogPosition, container.LogSettings);
        container.Hub.Begin(log);
        using CancellationTokenSource timeout = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        timeout.CancelAfter(_options.BootTimeout);
        GuestSession session;
        try
        {
            session = container.Snapshot.Status == ContainerStatus.Paused
                ? await KeepPausedAsync(container, machine, spec, timeout.Token).ConfigureAwait(false)
                : await ResumeAsync(machine, channel => GuestSession.Open(channel, spec.Token, container.Hub), timeout.Token).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            log.Complete();
            log.Dispose();
            container.EndStreams();
            await DiscardMachineAsync(container, machine).ConfigureAwait(false);
            throw e is OperationCanceledException
                ? new HypervisorException("the guest agent did not answer the restarted daemon", e)
                : e;
        }

        ContainerRun run = new(machine, spec, session, container.Hub, log);
        _ports.Adopt(spec.PublishedPorts);
        _networks.Adopt(container, spec.PublishedPorts);
        await TakeUpAsync(container, run, session).ConfigureAwait(false);
        container.Run = run;
        run.Supervision = Task.Run(() => SuperviseAsync(container, run), CancellationToken.None);
        MonitorHealth(container, run);
        LogAdopted(container.Id, machine.ProcessId);
    }

    private static Task TakeUpAsync(Container container, ContainerRun run, GuestSession session)
    {
        if (container.Snapshot.Status == ContainerStatus.Paused)
        {
            run.Gate.Close();
            return Task.CompletedTask;
        }

        run.Session = session;
        _ = LetGoIfHeldAsync(container, run);
        return ReopenStdinAsync(container, session);
    }

    /// <summary>The client that fed stdin went with the earlier daemon: where that means its end, it ends now.</summary>
    private static async Task ReopenStdinAsync(Container container, GuestSession session)
    {
        await container.Hub.Stdin.OpenAsync(session.Init.Stdin).ConfigureAwait(false);
        await container.Hub.Stdin.ClientEndedAsync().ConfigureAwait(false);
    }

    private async Task MarkLostAsync(Container container, string reason)
    {
        RunEnd end = new(LostExitCode, false, reason, false);
        Task saved = container.Update(
            record => record with { Vm = null, HasEnded = true, Snapshot = Ended(record.Snapshot, end) }, durable: false);
        PublishEnd(container, end);
        await saved.ConfigureAwait(false);
    }
}
