using MicroVm.Engine.Logs;
using MicroVm.Engine.Persistence;
using MicroVm.Hypervisor;
using MicroVm.Protocol.Connection;

namespace MicroVm.Engine.Containers;

public sealed partial class ContainerService
{
    // A driver may have to ask another process why its VM ended.
    private static readonly TimeSpan s_reasonTimeout = TimeSpan.FromSeconds(6);

    private StartFailure Explain(Exception failure, CancellationToken boot) =>
        failure is OperationCanceledException && boot.IsCancellationRequested
            ? StartFailure.From(new HypervisorException(
                $"the virtual machine did not boot within {_options.BootTimeout.TotalSeconds:0} seconds, or its container was removed"))
            : StartFailure.From(failure);

    /// <summary>A lost connection says little: where the VM has ended, its reason and the kernel's last words are told.</summary>
    private static async Task<Exception> WithReasonAsync(Container container, IVirtualMachine machine, Exception failure)
    {
        if (failure is RequestFailedException or EngineException or OperationCanceledException)
        {
            return failure;
        }

        if (failure is not HypervisorException)
        {
            await Task.WhenAny(machine.Exited, Task.Delay(s_reasonTimeout)).ConfigureAwait(false);
        }

        if (!machine.Exited.IsCompletedSuccessfully)
        {
            return failure;
        }

        VmExit exit = await machine.Exited.ConfigureAwait(false);
        string words = KernelLogReader.LastWords(container.Paths.KernelLog);
        string told = words.Length > 0 ? $" (its kernel's last words: {words})" : "";
        return new HypervisorException($"the virtual machine ended while it booted: {OneLine.Of(exit.Reason, 300)}{told}", failure);
    }

    private static async Task DiscardMachineAsync(Container container, IVirtualMachine? machine)
    {
        if (machine is not null)
        {
            await machine.KillAsync().ConfigureAwait(false);
            await machine.DisposeAsync().ConfigureAwait(false);
        }

        ContainerStore.DeleteTree(container.Paths.RuntimeDirectory);
        await container.Update(record => record with { Vm = null }, durable: false).ConfigureAwait(false);
    }

    private StartFailure RecordFailure(Container container, StartFailure failure)
    {
        lock (container.Sync)
        {
            _ = container.UpdateSnapshot(s => s with { ExitCode = failure.ExitCode, Error = failure.Message, Pid = 0 });

            // Without the reason, which the start itself tells: Docker's client would print it twice.
            container.Waiters.CompleteExit(new(failure.ExitCode, Error: null));
            if (container.Snapshot.Status != ContainerStatus.Restarting)
            {
                container.Waiters.CompleteStop(new(failure.ExitCode, Error: null));
            }
        }

        container.EndStreams();
        LogStartFailed(container.Id, failure.Message);
        return failure;
    }

    private async Task AfterFailedStartAsync(Container container)
    {
        // A removal that is under way waits for this start: it must not be waited for here.
        if (container.Snapshot.Spec.AutoRemove && container.Removing is null)
        {
            await AutoRemoveAsync(container).ConfigureAwait(false);
        }
    }
}
