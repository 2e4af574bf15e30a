using MicroVm.Engine.Guest;
using MicroVm.Hypervisor;
using MicroVm.Protocol;

namespace MicroVm.Engine.Containers;

public sealed partial class ContainerService
{
    private static readonly TimeSpan s_greetingTimeout = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan s_reconnectTimeout = TimeSpan.FromSeconds(10);

    /// <summary>Null when there is a new connection, or the VM has ended.</summary>
    private async Task<RunEnd?> TryReconnectAsync(Container container, ContainerRun run, GuestSession lost)
    {
        if (await lost.Closed.ConfigureAwait(false) is { } violation)
        {
            return Violated(container, violation);
        }

        await lost.DisposeAsync().ConfigureAwait(false);
        using CancellationTokenSource timeout = new(s_reconnectTimeout);
        try
        {
            bool isFirst = !run.Connected.IsCompleted;
            run.Session = await ResumeAsync(
                run.Machine, channel => GuestSession.Reopen(channel, run.Spec.Token, lost), timeout.Token).ConfigureAwait(false);
            if (isFirst)
            {
                await ReopenStdinAsync(container, run.Session).ConfigureAwait(false);
            }

            await LetGoIfHeldAsync(container, run).ConfigureAwait(false);
            return null;
        }
        catch (ProtocolException e)
        {
            return Violated(container, OneLine.Of(e.Message, 300));
        }
        catch (Exception e) when (e is HypervisorException or IOException or OperationCanceledException)
        {
            // The channel of a VM that is ending breaks before its end is known.
            await Task.WhenAny(run.Machine.Exited, Task.Delay(s_reasonTimeout, CancellationToken.None)).ConfigureAwait(false);
            return run.Machine.Exited.IsCompleted
                ? null
                : new(LostExitCode, false, $"the connection to the guest was lost: {OneLine.Of(e.Message, 300)}", false);
        }
    }

    /// <summary>A guest whose processors stand still can't answer.</summary>
    private static async Task ReconnectableAsync(ContainerRun run)
    {
        await Task.Delay(run.Reconnects.Next()).ConfigureAwait(false);
        await run.Gate.Running.ConfigureAwait(false);
    }

    private RunEnd Violated(Container container, string violation)
    {
        LogGuestViolation(container.Id, violation);
        return new(LostExitCode, false, $"the guest agent broke the protocol: {violation}", false);
    }

    /// <summary>
    /// A serial port whose host goes while the guest writes can be left stopped, and only another change of hosts wakes it
    /// (seen once in some hundred changes under load): nobody waits long for one greeting. Each attempt may take twice as
    /// long as the one before, for a guest that is only slow. A connection that breaks again is replaced again.
    /// </summary>
    private static async Task<GuestSession> ResumeAsync(
        IVirtualMachine machine, Func<Stream, GuestSession> open, CancellationToken cancellationToken)
    {
        ReconnectPause pause = new(TimeProvider.System);
        for (TimeSpan patience = s_greetingTimeout; ;)
        {
            using var attempt = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            attempt.CancelAfter(patience);
            try
            {
                return await ResumeOnceAsync(machine, open, attempt.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                patience *= 2;
            }
            catch (IOException) when (!machine.Exited.IsCompleted && !cancellationToken.IsCancellationRequested)
            {
                await Task.Delay(pause.Next(), CancellationToken.None).ConfigureAwait(false);
            }
        }
    }

    private static async Task<GuestSession> ResumeOnceAsync(
        IVirtualMachine machine, Func<Stream, GuestSession> open, CancellationToken cancellationToken)
    {
        Stream channel = await machine.ConnectAgentAsync(cancellationToken).ConfigureAwait(false);
        GuestSession session = open(channel);
        try
        {
            await session.ResumeAsync(cancellationToken).ConfigureAwait(false);
            return session;
        }
        catch
        {
            await session.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }
}
