using MicroVm.Hypervisor;
using MicroVm.Protocol;
using MicroVm.Protocol.Connection;

namespace MicroVm.Engine.Containers;

public sealed partial class ContainerService
{
    /// <summary>
    /// Lets the guest bring its disk in order. Its word that it has done so is all that is needed; without it, a VM that ends by
    /// itself has done so, too: its connection is closed first, and may take the answer along.
    /// </summary>
    private async Task ShutDownGuestAsync(Container container, ContainerRun run)
    {
        using CancellationTokenSource timeout = new(_options.ShutdownTimeout);
        Exception? fault = await FaultOfAsync(run.Session.ShutdownAsync(timeout.Token)).ConfigureAwait(false);
        if (fault is null or IOException)
        {
            _ = await FaultOfAsync(run.Machine.Exited.WaitAsync(timeout.Token)).ConfigureAwait(false);
        }

        if (fault is not null && !await HasEndedByItselfAsync(run.Machine).ConfigureAwait(false))
        {
            LogUncleanShutdown(container.Id, fault is OperationCanceledException
                ? $"no answer within {_options.ShutdownTimeout.TotalSeconds} s"
                : OneLine.Of(fault.Message, 300));
        }
    }

    private static async Task<bool> HasEndedByItselfAsync(IVirtualMachine machine) =>
        machine.Exited.IsCompleted && (await machine.Exited.ConfigureAwait(false)).ExitCode == 0;

    private static async Task<Exception?> FaultOfAsync(Task task)
    {
        try
        {
            await task.ConfigureAwait(false);
            return null;
        }
        catch (Exception e) when (e is OperationCanceledException or IOException or ProtocolException or RequestFailedException)
        {
            return e;
        }
    }
}
