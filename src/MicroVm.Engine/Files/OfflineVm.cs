using MicroVm.Engine.Guest;
using MicroVm.Engine.Persistence;
using MicroVm.Hypervisor;
using MicroVm.Protocol;
using MicroVm.Protocol.Connection;
using MicroVm.Protocol.Messages;

namespace MicroVm.Engine.Files;

/// <summary>
/// A virtual machine with the disks of a container that does not run: its files are read and written in there. Serves one
/// request after the other, and ends when none has come for a while or the container is to be started.
/// </summary>
internal sealed class OfflineVm : IAsyncDisposable
{
    private readonly Lock _sync = new();
    private readonly CancellationTokenSource _kill = new();
    private readonly TaskCompletionSource<GuestTools> _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TimeSpan _shutdownTimeout;
    private bool _disposed;

    /// <param name="boot">Starts the machine; the setup request; both may take long.</param>
    /// <param name="options">Limits of time.</param>
    /// <param name="ended">Called when nothing of it is left.</param>
    public OfflineVm(Func<CancellationToken, Task<(VmSpec Spec, Setup Setup)>> boot, IHypervisor hypervisor, EngineOptions options, Action<OfflineVm> ended)
    {
        _shutdownTimeout = options.ShutdownTimeout;
        _ = _ready.Task.ContinueWith(done => _ = done.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default);
        CancellationToken kill = _kill.Token;
        Gone = Task.Run(() => RunAsync(boot, hypervisor, options.BootTimeout, ended, kill), CancellationToken.None);
    }

    /// <summary>It has ended and its run-time files are gone. Never fails.</summary>
    public Task Gone { get; }

    /// <summary>The tools, when it has booted; the failure when it could not.</summary>
    public Task<GuestTools> Ready => _ready.Task;

    /// <summary>Nobody enters when it is about to end: wait until it is <see cref="Gone"/>.</summary>
    public Visits Visits { get; } = new();

    /// <summary>Nobody enters any more; when all have left, it ends in good order.</summary>
    public Task CloseAsync()
    {
        Visits.Close();
        return Gone;
    }

    /// <summary>Ends it at once: whoever uses it sees his connection lost.</summary>
    public async ValueTask DisposeAsync()
    {
        Visits.Close();
        lock (_sync)
        {
            if (!_disposed)
            {
                _kill.Cancel();
                _kill.Dispose();
                _disposed = true;
            }
        }

        await Gone.ConfigureAwait(false);
    }

    private async Task RunAsync(
        Func<CancellationToken, Task<(VmSpec Spec, Setup Setup)>> boot,
        IHypervisor hypervisor,
        TimeSpan bootTimeout,
        Action<OfflineVm> ended,
        CancellationToken kill)
    {
        VmSpec? spec = null;
        try
        {
            (spec, Setup setup) = await boot(kill).ConfigureAwait(false);
            await RunAsync(spec, setup, hypervisor, bootTimeout, kill).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            _ready.TrySetException(Explain(e));
        }

        Visits.Close();
        if (spec is not null)
        {
            ContainerStore.DeleteTree(spec.RuntimeDirectory);
        }

        ended(this);
    }

    private async Task RunAsync(VmSpec spec, Setup setup, IHypervisor hypervisor, TimeSpan bootTimeout, CancellationToken kill)
    {
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(kill);
        timeout.CancelAfter(bootTimeout);
        IVirtualMachine machine = await hypervisor.StartAsync(spec, timeout.Token).ConfigureAwait(false);
        try
        {
            Stream channel = await machine.ConnectAgentAsync(timeout.Token).ConfigureAwait(false);
            await using AgentConnection connection = AgentConnection.Open(channel, new() { Token = spec.Token });
            await connection.RequestAsync(setup, timeout.Token).ConfigureAwait(false);
            _ready.TrySetResult(new(connection));
            Task killed = Task.Delay(Timeout.Infinite, kill);
            await Task.WhenAny(Visits.Over, machine.Exited, connection.Closed, killed).ConfigureAwait(false);
            await ShutDownAsync(connection, machine, kill).ConfigureAwait(false);
        }
        finally
        {
            await machine.KillAsync().ConfigureAwait(false);
            await machine.DisposeAsync().ConfigureAwait(false);
        }
    }

    private async Task ShutDownAsync(AgentConnection connection, IVirtualMachine machine, CancellationToken kill)
    {
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(kill);
        timeout.CancelAfter(_shutdownTimeout);
        try
        {
            await connection.RequestAsync(new Shutdown(), timeout.Token).ConfigureAwait(false);
            await machine.Exited.WaitAsync(timeout.Token).ConfigureAwait(false);
        }
        catch (Exception e) when (e is OperationCanceledException or IOException or ProtocolException or RequestFailedException)
        {
            // What was to be kept is on the disk: each request that writes waits for that.
        }
    }

    private static Exception Explain(Exception failure) => failure switch
    {
        EngineException or HypervisorException => failure,
        OperationCanceledException => new HypervisorException("the virtual machine for the container's files did not start in time", failure),
        _ => new HypervisorException($"the virtual machine for the container's files: {OneLine.Of(failure.Message, 300)}", failure),
    };
}
