using System.Buffers;
using MicroVm.Engine.Containers;
using MicroVm.Engine.Stdio;
using MicroVm.Hypervisor;
using MicroVm.Protocol;
using MicroVm.Protocol.Connection;
using MicroVm.Protocol.Messages;
using GuestOutput = MicroVm.Protocol.Connection.OutputStream;
using OutputStream = MicroVm.Engine.Containers.OutputStream;

namespace MicroVm.Engine.Guest;

/// <summary>
/// One connection to a container's guest: its process, and the pumps between the process's streams and the hub.
/// Begin with <see cref="StartAsync"/> or <see cref="ResumeAsync"/>.
/// </summary>
internal sealed class GuestSession : IAsyncDisposable
{
    private readonly AgentConnection _connection;
    private readonly StdioHub _hub;
    private readonly CancellationTokenSource _stop = new();

    private GuestSession(AgentConnection connection, StdioHub hub)
    {
        _connection = connection;
        _hub = hub;
        Closed = ViolationAsync(connection);
    }

    /// <summary>The end of the container's process; fails with the connection.</summary>
    public Task<Exited> InitExited { get; private set; } = Task.FromException<Exited>(new InvalidOperationException("not started"));

    /// <summary>Completes when the connection has ended: null, or how the guest broke the protocol.</summary>
    public Task<string?> Closed { get; }

    /// <summary>Both outputs have ended, or the connection has.</summary>
    public Task OutputEnded { get; private set; } = Task.CompletedTask;

    /// <summary>Null where the process has none.</summary>
    public GuestInput? Stdin { get; private set; }

    public static GuestSession Open(Stream channel, byte[] token, StdioHub hub) =>
        new(AgentConnection.Open(channel, new() { Token = token }), hub);

    /// <summary>Sends all that makes the container run at once; returns when the process runs.</summary>
    public async Task<HelloReply> StartAsync(Setup setup, Start start, StartClock clock, CancellationToken cancellationToken)
    {
        List<Task> pumps = [PumpAsync(OutputStream.Stdout, _connection.OpenOutput(start.Stdout))];
        if (start.Stderr != 0)
        {
            pumps.Add(PumpAsync(OutputStream.Stderr, _connection.OpenOutput(start.Stderr)));
        }

        Stdin = start.Stdin == 0 ? null : new(_connection.OpenInput(start.Stdin));
        OutputEnded = Task.WhenAll(pumps);
        Task<Ok> prepared = _connection.RequestAsync(setup, cancellationToken);
        Task<Started> started = _connection.RequestAsync(start, cancellationToken);
        InitExited = _connection.WaitExitAsync(start.Process);
        Observe(prepared, started, InitExited);
        HelloReply hello = await _connection.Hello.WaitAsync(cancellationToken).ConfigureAwait(false);
        clock.Mark("boot");
        await prepared.ConfigureAwait(false);
        clock.Mark("setup");
        await started.ConfigureAwait(false);
        clock.Mark("process");
        return hello;
    }

    /// <summary>Goes on with a process that an earlier connection started.</summary>
    /// <param name="stdin">Its stdin over that connection; null: another daemon had it.</param>
    public async Task ResumeAsync(GuestInput? stdin, CancellationToken cancellationToken)
    {
        HelloReply hello = await _connection.Hello.WaitAsync(cancellationToken).ConfigureAwait(false);
        ProcessState process = hello.Processes.FirstOrDefault(p => p.Process == GuestRequests.InitProcess)
            ?? throw new HypervisorException("the guest does not know the container's process");
        InitExited = _connection.WaitExitAsync(GuestRequests.InitProcess);
        Observe(InitExited);
        OutputEnded = Task.WhenAll(ResumeOutputs(process));
        if (process.Stdin != 0)
        {
            Stdin = stdin?.Resume(_connection, process) ?? new(_connection.ResumeInput(process));
        }
    }

    public Task KillAsync(int signal, CancellationToken cancellationToken) =>
        _connection.RequestAsync(new Kill(GuestRequests.InitProcess, (uint)signal), cancellationToken);

    public Task ResizeAsync(int rows, int columns, CancellationToken cancellationToken) =>
        _connection.RequestAsync(new Resize(GuestRequests.InitProcess, (uint)rows, (uint)columns), cancellationToken);

    /// <summary>Unmounts and stops the VM; returns when the writable disk is in order.</summary>
    public Task ShutdownAsync(CancellationToken cancellationToken) => _connection.RequestAsync(new Shutdown(), cancellationToken);

    /// <summary>Closes the connection; what is not in the log stays in the guest.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await _connection.DisposeAsync().ConfigureAwait(false);
        await OutputEnded.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
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

    private IEnumerable<Task> ResumeOutputs(ProcessState process)
    {
        (long stdout, long stderr) = _hub.Log!.Received;
        if (process.Stdout != 0)
        {
            yield return PumpAsync(OutputStream.Stdout, _connection.ResumeOutput(process.Stdout, stdout));
        }

        if (process.Stderr != 0)
        {
            yield return PumpAsync(OutputStream.Stderr, _connection.ResumeOutput(process.Stderr, stderr));
        }
    }

    private async Task PumpAsync(OutputStream stream, GuestOutput output)
    {
        try
        {
            while (true)
            {
                ReadOnlySequence<byte> bytes = await output.ReadAsync(_stop.Token).ConfigureAwait(false);
                if (bytes.IsEmpty)
                {
                    _hub.EndOutput(stream);
                    return;
                }

                output.Advance(bytes.Length, await TakeAsync(stream, bytes).ConfigureAwait(false));
            }
        }
        catch (Exception e) when (e is IOException or ProtocolException or OperationCanceledException)
        {
            // Closed tells.
        }
    }

    private async ValueTask<long> TakeAsync(OutputStream stream, ReadOnlySequence<byte> bytes)
    {
        long safe = 0;
        foreach (ReadOnlyMemory<byte> segment in bytes)
        {
            safe = await _hub.OutputAsync(stream, segment, _stop.Token).ConfigureAwait(false);
        }

        return safe;
    }
}
