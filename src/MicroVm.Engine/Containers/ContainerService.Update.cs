using System.Globalization;
using MicroVm.Engine.Configuration;
using MicroVm.Engine.Guest;
using MicroVm.Protocol.Connection;

namespace MicroVm.Engine.Containers;

public sealed partial class ContainerService
{
    private static readonly TimeSpan s_adjustTimeout = TimeSpan.FromSeconds(10);

    public async Task<IReadOnlyList<string>> UpdateAsync(string container, ContainerUpdate update, CancellationToken cancellationToken)
    {
        Container found = _index.Find(container);
        ContainerSnapshot snapshot = found.Snapshot;
        if (snapshot.Status is ContainerStatus.Removing or ContainerStatus.Dead)
        {
            throw new EngineException(EngineErrorKind.Conflict, $"cannot update container {found.Id}: it is marked for removal");
        }

        if (snapshot.Spec.AutoRemove && update.Restart is { Mode: not RestartMode.No })
        {
            throw new EngineException(
                EngineErrorKind.Invalid, "Restart policy cannot be updated because AutoRemove is enabled for the container");
        }

        _ = SpecValidator.Validate(update.Apply(snapshot.Spec), snapshot.Effective, _options);
        await found.UpdateSnapshot(s => s with { Spec = update.Apply(s.Spec) }, durable: !snapshot.Spec.AutoRemove).ConfigureAwait(false);
        EndWaitWithoutReason(found, update);
        List<string> warnings = [];
        if (RunningOf(found) is { } run)
        {
            warnings.AddRange(ChangeProcessorTime(found, run, update.NanoCpus));
            warnings.AddRange(await ChangeGuestAsync(run, update, cancellationToken).ConfigureAwait(false));
        }

        Publish(found, "update");
        return warnings;
    }

    /// <summary>A container that waits for its next start, and by its new policy has none to wait for, has ended.</summary>
    private static void EndWaitWithoutReason(Container container, ContainerUpdate update)
    {
        lock (container.Sync)
        {
            bool isWaiting = IsWaitingToRestart(container) && container.Starting is null;
            if (update.Restart is not null && isWaiting && !IsToRestart(container, container.Snapshot.ExitCode))
            {
                EndRestarting(container);
            }
        }
    }

    /// <summary>Kept with the VM too: a daemon that takes it over sets its bounds anew.</summary>
    private static IEnumerable<string> ChangeProcessorTime(Container container, ContainerRun run, long? nanoCpus)
    {
        if (nanoCpus is not > 0)
        {
            yield break;
        }

        double cpus = nanoCpus.Value / VmSpecs.Billion;
        _ = container.Update(record => record with { Vm = record.Vm is null ? null : record.Vm with { CpuQuota = cpus } }, durable: false);
        if (!run.Machine.TrySetCpuQuota(cpus))
        {
            yield return "--cpus takes effect when the container is started again: its virtual machine has no control group of ours.";
        }
        else if (cpus > run.Spec.VCpus)
        {
            yield return string.Create(
                CultureInfo.InvariantCulture,
                $"--cpus: the virtual machine has {run.Spec.VCpus} processors; more take effect when the container is started again.");
        }
    }

    private static async Task<IReadOnlyList<string>> ChangeGuestAsync(ContainerRun run, ContainerUpdate update, CancellationToken cancellationToken)
    {
        List<string> warnings = [];
        bool fits = update.Memory is not > 0 || update.Memory <= run.Spec.Memory;
        if (!fits)
        {
            warnings.Add(string.Create(
                CultureInfo.InvariantCulture,
                $"--memory: the virtual machine has {run.Spec.Memory >> 20} MiB; more takes effect when the container is started again."));
        }

        // A limit above the VM's memory is none: an earlier one is taken away.
        ulong memory = update.Memory switch { null or 0 => 0, _ when !fits => ulong.MaxValue, { } bytes => (ulong)bytes };
        ulong processes = update.ProcessLimit is { } limit ? GuestRequests.ProcessLimit(limit) : 0;
        if ((memory, processes) != (0, 0) && !await TryAdjustAsync(run, memory, processes, cancellationToken).ConfigureAwait(false))
        {
            warnings.Add("--memory and --pids-limit take effect when the container is started again: its guest does not carry them out.");
        }

        return warnings;
    }

    /// <summary>A guest that stands still gets it when it runs again.</summary>
    private static async Task<bool> TryAdjustAsync(ContainerRun run, ulong memory, ulong processes, CancellationToken cancellationToken)
    {
        Task Ask(GuestSession session) => session.AdjustAsync(new(WallClock: 0, memory, processes), CancellationToken.None);
        if (run.Gate.IsPaused)
        {
            _ = WhenRunningAsync(run, Ask);
            return true;
        }

        try
        {
            await Ask(run.Session).WaitAsync(s_adjustTimeout, cancellationToken).ConfigureAwait(false);
            return true;
        }
        catch (Exception e) when (e is TimeoutException or IOException or RequestFailedException)
        {
            return false;
        }
    }
}
