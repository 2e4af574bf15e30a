using System.Text.Json;
using MicroVm.Engine.Files;
using MicroVm.Engine.Guest;
using MicroVm.Engine.Persistence;
using MicroVm.Hypervisor;
using MicroVm.Protocol.Messages;

namespace MicroVm.Engine.Containers;

public sealed partial class ContainerService : IFileAccess
{
    ContainerSnapshot IFileAccess.Find(string container) => Inspect(container);

    async Task<FileLease> IFileAccess.AcquireAsync(string container, CancellationToken cancellationToken)
    {
        Container found = _index.Find(container);
        while (true)
        {
            if (PausedRunOf(found) is { } paused)
            {
                if (await BorrowAsync(found, paused, cancellationToken).ConfigureAwait(false) is { } borrowed)
                {
                    return borrowed;
                }

                await Task.WhenAny(paused.Gate.Running, paused.Gone).WaitAsync(cancellationToken).ConfigureAwait(false);
            }

            if (TryAcquire(found, out FileLease? live, out OfflineVm? offline, out Task over))
            {
                return live ?? await EnteredAsync(offline!, cancellationToken).ConfigureAwait(false);
            }

            await over.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>False: something must be over before.</summary>
    private bool TryAcquire(Container container, out FileLease? live, out OfflineVm? offline, out Task over)
    {
        (live, offline, over) = (null, null, Task.CompletedTask);
        lock (container.Sync)
        {
            RequireReachable(container);
            if (container.Starting is { } starting)
            {
                over = IgnoreFailure(starting);
                return false;
            }

            if (container.Run is { } run)
            {
                if (run.Visits is { } visits && visits.TryEnter())
                {
                    live = FileLease.Of(visits, run.Session.Tools);
                    return true;
                }

                bool isPaused = IsPaused(container, run);
                over = isPaused ? Task.CompletedTask : run.Gone;
                live = container.IsRunning && !isPaused ? new(run.Session.Tools) : null;
                return live is not null;
            }

            offline = container.Offline ??= NewOfflineVm(container);
            over = offline.Gone;
            return offline.Visits.TryEnter();
        }
    }

    private static ContainerRun? PausedRunOf(Container container)
    {
        lock (container.Sync)
        {
            RequireReachable(container);
            return container.Run is { } run && IsPaused(container, run) ? run : null;
        }
    }

    private static bool IsPaused(Container container, ContainerRun run) => run.Gate.IsPaused && container.Snapshot.Status == ContainerStatus.Paused;

    private static void RequireReachable(Container container)
    {
        if (container.Removing is not null || container.Snapshot.Status is ContainerStatus.Removing or ContainerStatus.Dead)
        {
            throw new EngineException(EngineErrorKind.Conflict, $"container {container.Id} is marked for removal");
        }

    }

    private static async Task<FileLease> EnteredAsync(OfflineVm vm, CancellationToken cancellationToken)
    {
        try
        {
            return FileLease.Of(vm.Visits, await vm.Ready.WaitAsync(cancellationToken).ConfigureAwait(false));
        }
        catch
        {
            vm.Visits.Leave();
            throw;
        }
    }

    private OfflineVm NewOfflineVm(Container container) => new(
        cancellationToken => PrepareOfflineVmAsync(container, cancellationToken),
        _hypervisor,
        _options,
        ended =>
        {
            lock (container.Sync)
            {
                container.Offline = container.Offline == ended ? null : container.Offline;
            }
        });

    private async Task<(VmSpec Spec, Setup Setup)> PrepareOfflineVmAsync(Container container, CancellationToken cancellationToken)
    {
        PreparedDisks disks = await DisksAsync(container).WaitAsync(cancellationToken).ConfigureAwait(false);
        ContainerSnapshot reachable = WithPresentSources(container);
        VmSpec spec = VmSpecs.MakeOffline(reachable, _store.NewRuntimeDirectory(), disks, _options, _hypervisor.Info);
        string record = ContainerPaths.OfflineVm(spec.RuntimeDirectory);
        await File.WriteAllBytesAsync(record, JsonSerializer.SerializeToUtf8Bytes(spec, EngineJson.Default.VmSpec), cancellationToken).ConfigureAwait(false);
        Setup setup = GuestRequests.Setup(reachable, HostResolver.Read()) with { Interfaces = [], Sysctls = [] };
        return (spec, setup);
    }

    /// <summary>Those of a daemon that was killed: what their clients had asked for is lost with them.</summary>
    private async Task EndStrayOfflineVmsAsync(CancellationToken cancellationToken)
    {
        foreach (string directory in _store.RuntimeDirectories().Where(d => File.Exists(ContainerPaths.OfflineVm(d))))
        {
            try
            {
                await EndStrayAsync(directory, cancellationToken).ConfigureAwait(false);
            }
            catch (Exception e) when (e is IOException or JsonException or HypervisorException)
            {
                LogStrayVm(directory, OneLine.Of(e.Message, 300));
            }
        }
    }

    private async Task EndStrayAsync(string directory, CancellationToken cancellationToken)
    {
        byte[] record = await File.ReadAllBytesAsync(ContainerPaths.OfflineVm(directory), cancellationToken).ConfigureAwait(false);
        if (record.Length > 0 && JsonSerializer.Deserialize(record, EngineJson.Default.VmSpec) is { } spec
            && await _hypervisor.AdoptAsync(spec, cancellationToken).ConfigureAwait(false) is { } machine)
        {
            await machine.KillAsync().ConfigureAwait(false);
            await machine.DisposeAsync().ConfigureAwait(false);
        }
    }

    /// <summary>In good order where they stand idle; those in use are ended.</summary>
    private Task CloseOfflineVmsAsync() => Task.WhenAll(_index.All.Select(async container =>
    {
        if (container.Offline is { } vm)
        {
            await Task.WhenAny(vm.CloseAsync(), Task.Delay(_options.ShutdownTimeout)).ConfigureAwait(false);
            await vm.DisposeAsync().ConfigureAwait(false);
        }
    }));
}
