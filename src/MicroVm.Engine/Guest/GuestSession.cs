using MicroVm.Engine.Containers;
using MicroVm.Engine.Stdio;
using MicroVm.Hypervisor;
using MicroVm.Protocol;
using MicroVm.Protocol.Connection;
using MicroVm.Protocol.Messages;

namespace MicroVm.Engine.Guest;

/// <summary>
/// One connection to a container's guest: its process, and those that were started beside it.
/// Begin with <see cref="StartAsync(Setup, Adjust, Start, StartClock, CancellationToken)"/> or <see cref="ResumeAsync"/>.
/// </summary>
internal sealed class GuestSession : IAsyncDisposable
{
    private readonly AgentConnection _connection;
    private readonly Lock _sync = new();
    private readonly Dictionary<uint, GuestProcess> _processes = [];
    private readonly CancellationTokenSource _stop = new();
    private uint _lastProcess = GuestRequests.InitProcess;

    private GuestSession(AgentConnection connection, GuestProcess init)
    {
        _connection = connection;
        Init = init;
        _processes.Add(init.Number, init);
        Tools = new(connection);
        Closed = ViolationAsync(connection);
    }

    public GuestProcess Init { get; }

    /// <summary>The agent's tools on the container's file system.</summary>
    public GuestTools Tools { get; }

    /// <summary>The end of the container's process; fails with the connection.</summary>
    public Task<Exited> InitExited { get; private set; } = Task.FromException<Exited>(new InvalidOperationException("not started"));

    /// <summary>Completes when the connection has ended: null, or how the guest broke the protocol.</summary>
    public Task<string?> Closed { get; }

    /// <summary>All that is known of the guest's processes, for the next connection.</summary>
    public (IReadOnlyList<GuestProcess> Processes, uint Last) Known
    {
        get
        {
            lock (_sync)
            {
                return ([.. _processes.Values], _lastProcess);
            }
        }
    }

    /// <param name="hub">The streams of the container's process.</param>
    public static GuestSession Open(Stream channel, byte[] token, StdioHub hub) =>
        new(AgentConnection.Open(channel, new() { Token = token }), new(GuestRequests.InitProcess, hub));

    /// <summary>A new connection to the guest that <paramref name="lost"/> was connected to.</summary>
    public static GuestSession Reopen(Stream channel, byte[] token, GuestSession lost)
    {
        GuestSession session = new(AgentConnection.Open(channel, new() { Token = token }), lost.Init);
        (IReadOnlyList<GuestProcess> processes, session._lastProcess) = lost.Known;
        foreach (GuestProcess process in processes)
        {
            session._processes[process.Number] = process;
        }

        return session;
    }

    /// <summary>A session that is over from the start, for a guest that can't be reached yet.</summary>
    public static GuestSession Unreachable(byte[] token, StdioHub hub) => Open(Stream.Null, token, hub);

    /// <summary>Sends all that makes the container run at once; returns when the process runs.</summary>
    public async Task<HelloReply> StartAsync(Setup setup, Adjust? limits, Start start, StartClock clock, CancellationToken cancellationToken)
    {
        Init.Open(_connection, start, _stop.Token);
        Task<Ok> prepared = _connection.RequestAsync(setup, cancellationToken);
        Task limited = limits is null ? Task.CompletedTask : _connection.RequestAsync(limits, cancellationToken);
        Task<Started> started = _connection.RequestAsync(start, cancellationToken);
        InitExited = Init.ListenForEnd(_connection);
        Observe(prepared, limited, started, InitExited);
        HelloReply hello = await _connection.Hello.WaitAsync(cancellationToken).ConfigureAwait(false);
        clock.Mark("boot");
        await prepared.ConfigureAwait(false);
        clock.Mark("setup");
        await limited.ConfigureAwait(false);
        await started.ConfigureAwait(false);
        clock.Mark("process");
        return hello;
    }

    /// <summary>Goes on with the processes that an earlier connection started.</summary>
    public async Task ResumeAsync(CancellationToken cancellationToken)
    {
        HelloReply hello = await _connection.Hello.WaitAsync(cancellationToken).ConfigureAwait(false);
        ProcessState init = hello.Processes.FirstOrDefault(p => p.Process == Init.Number)
            ?? throw new HypervisorException("the guest does not know the container's process");
        InitExited = Init.ListenForEnd(_connection);
        Observe(InitExited);
        Init.Resume(_connection, init, _stop.Token);
        foreach (ProcessState state in hello.Processes.Where(p => p.Process != Init.Number))
        {
            Resume(state);
        }
    }

    /// <summary>Starts a process beside the container's own; returns when it runs. Its outputs go to the hub until both it and they have ended.</summary>
    /// <param name="make">The request for the process's number.</param>
    public async Task<GuestProcess> StartAsync(StdioHub hub, Func<uint, Start> make, CancellationToken cancellationToken)
    {
        GuestProcess process = Add(hub);
        try
        {
            Start start = make(process.Number);
            process.Open(_connection, start, _stop.Token);
            Task<Started> started = _connection.RequestAsync(start, cancellationToken);
            Observe(process.ListenForEnd(_connection));
            await started.ConfigureAwait(false);
            return process;
        }
        catch (Exception e)
        {
            Remove(process);
            if (e is OperationCanceledException)
            {
                Observe(EndUnwantedAsync(process));
            }

            throw;
        }
    }

    /// <summary>The guest may drop a process that has ended; what it has not sent of its output is lost.</summary>
    public void Forget(GuestProcess process)
    {
        Remove(process);
        if (process.Exited.IsCompletedSuccessfully)
        {
            _connection.Forget(process.Number);
        }
    }

    public Task KillAsync(uint process, int signal, CancellationToken cancellationToken) =>
        _connection.RequestAsync(new Kill(process, (uint)signal), cancellationToken);

    public Task ResizeAsync(uint process, int rows, int columns, CancellationToken cancellationToken) =>
        _connection.RequestAsync(new Resize(process, (uint)rows, (uint)columns), cancellationToken);

    public Task<Measurement> MeasureAsync(CancellationToken cancellationToken) => _connection.RequestAsync(new Measure(), cancellationToken);

    /// <param name="after">Only those with a greater pid.</param>
    public Task<ProcessList> ListProcessesAsync(uint after, CancellationToken cancellationToken) =>
        _connection.RequestAsync(new ListProcesses(after), cancellationToken);

    public Task AdjustAsync(Adjust adjust, CancellationToken cancellationToken) => _connection.RequestAsync(adjust, cancellationToken);

    /// <summary>Unmounts and stops the VM; returns when the writable disk is in order.</summary>
    public Task ShutdownAsync(CancellationToken cancellationToken) => _connection.RequestAsync(new Shutdown(), cancellationToken);

    /// <summary>Closes the connection; what is not in the log stays in the guest.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await _connection.DisposeAsync().ConfigureAwait(false);
        await Task.WhenAll(Known.Processes.Select(p => p.OutputEnded)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private static async Task<string?> ViolationAsync(AgentConnection connection) =>
        await connection.Closed.ConfigureAwait(false) is ProtocolException violation ? OneLine.Of(violation.Message, 300) : null;

    /// <summary>They may fail when nobody waits for them any more.</summary>
    private static void Observe(params Task[] tasks)
    {
        foreach (Task task in tasks)
        {
            _ = task.ContinueWith(
                done => _ = done.Exception,
                CancellationToken.None,
                TaskContinuationOptions.OnlyOnFaulted | TaskContinuationOptions.ExecuteSynchronously,
                TaskScheduler.Default);
        }
    }

    private GuestProcess Add(StdioHub hub)
    {
        lock (_sync)
        {
            GuestProcess process = new(++_lastProcess, hub);
            _processes.Add(process.Number, process);
            return process;
        }
    }

    private void Remove(GuestProcess process)
    {
        process.Disown();
        lock (_sync)
        {
            _processes.Remove(process.Number);
        }
    }

    private void Resume(ProcessState state)
    {
        GuestProcess? known;
        lock (_sync)
        {
            // An earlier daemon may have counted further.
            _lastProcess = GuestTools.IsTool(state.Process) ? _lastProcess : Math.Max(_lastProcess, state.Process);
            known = _processes.GetValueOrDefault(state.Process);
        }

        if (known is null or { IsDisowned: true })
        {
            Abandon(state);
            return;
        }

        Observe(known.ListenForEnd(_connection));
        known.Resume(_connection, state, _stop.Token);
    }

    /// <summary>Who started it has gone: it meets closed pipes, and is forgotten at its end.</summary>
    private void Abandon(ProcessState state)
    {
        foreach (uint output in ((uint[])[state.Stdout, state.Stderr]).Where(stream => stream != 0))
        {
            _connection.ResumeOutput(output, 0).Stop();
        }

        if (state.Stdin != 0)
        {
            _connection.ResumeInput(state).End();
        }

        Task end = ForgetAtEndAsync(state.Process);
        Observe(end);
    }

    /// <summary>Its start was asked for and is not wanted any more: the guest may carry it out all the same.</summary>
    private async Task EndUnwantedAsync(GuestProcess process)
    {
        // Answered behind the start; refused where there is no process.
        await KillAsync(process.Number, Signals.Kill, CancellationToken.None).ConfigureAwait(false);
        await ForgetAtEndAsync(process.Number).ConfigureAwait(false);
    }

    private async Task ForgetAtEndAsync(uint process)
    {
        await _connection.WaitExitAsync(process).ConfigureAwait(false);
        _connection.Forget(process);
    }
}
