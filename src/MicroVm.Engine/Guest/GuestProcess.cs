using System.Buffers;
using MicroVm.Engine.Stdio;
using MicroVm.Protocol;
using MicroVm.Protocol.Connection;
using MicroVm.Protocol.Messages;
using GuestOutput = MicroVm.Protocol.Connection.OutputStream;
using OutputStream = MicroVm.Engine.Containers.OutputStream;

namespace MicroVm.Engine.Guest;

/// <summary>
/// A process of a guest as this daemon knows it, over one connection after the other: its end, and the pumps between its
/// streams and its hub.
/// </summary>
internal sealed class GuestProcess(uint number, StdioHub hub)
{
    private readonly TaskCompletionSource<Exited> _exited = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>One for each output: whether it came to its end.</summary>
    private Task<bool[]> _outputs = Task.FromResult<bool[]>([]);

    public uint Number => number;

    public StdioHub Hub => hub;

    /// <summary>Its end, over whichever connection it is told.</summary>
    public Task<Exited> Exited => _exited.Task;

    /// <summary>Its outputs have ended, or the connection has.</summary>
    public Task OutputEnded => _outputs;

    /// <summary>Its outputs have ended and all of them is in the hub.</summary>
    public bool HasAllOutput => _outputs is { IsCompletedSuccessfully: true } ended && !ended.Result.Contains(false);

    /// <summary>Null where it has none.</summary>
    public GuestInput? Stdin { get; private set; }

    /// <summary>Nobody waits for it any more.</summary>
    public bool IsDisowned { get; private set; }

    public void Disown() => IsDisowned = true;

    /// <summary>Opens the streams of a process whose Start is sent next.</summary>
    public void Open(AgentConnection connection, Start start, CancellationToken closing)
    {
        List<Task<bool>> pumps = [];
        if (start.Stdout != 0)
        {
            pumps.Add(PumpAsync(OutputStream.Stdout, connection.OpenOutput(start.Stdout), closing));
        }

        if (start.Stderr != 0)
        {
            pumps.Add(PumpAsync(OutputStream.Stderr, connection.OpenOutput(start.Stderr), closing));
        }

        Stdin = start.Stdin == 0 ? null : new(connection.OpenInput(start.Stdin));
        _outputs = Task.WhenAll(pumps);
    }

    /// <summary>Goes on with a process that an earlier connection started.</summary>
    public void Resume(AgentConnection connection, ProcessState state, CancellationToken closing)
    {
        _outputs = Task.WhenAll(ResumeOutputs(connection, state, closing));
        if (state.Stdin != 0)
        {
            Stdin = Stdin?.Resume(connection, state) ?? new(connection.ResumeInput(state));
        }
    }

    /// <summary>Listens for its end, once its Start was sent or it was found.</summary>
    public Task<Exited> ListenForEnd(AgentConnection connection)
    {
        Task<Exited> end = connection.WaitExitAsync(number);
        _ = end.ContinueWith(
            told => Tell(told), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        return end;
    }

    private void Tell(Task<Exited> told)
    {
        if (told.IsCompletedSuccessfully)
        {
            _exited.TrySetResult(told.Result);
        }
        else
        {
            _ = told.Exception; // The next connection tells, or nobody.
        }
    }

    private IEnumerable<Task<bool>> ResumeOutputs(AgentConnection connection, ProcessState state, CancellationToken closing)
    {
        (long stdout, long stderr) = hub.Received;
        if (state.Stdout != 0)
        {
            yield return PumpAsync(OutputStream.Stdout, connection.ResumeOutput(state.Stdout, stdout), closing);
        }

        if (state.Stderr != 0)
        {
            yield return PumpAsync(OutputStream.Stderr, connection.ResumeOutput(state.Stderr, stderr), closing);
        }
    }

    private async Task<bool> PumpAsync(OutputStream stream, GuestOutput output, CancellationToken closing)
    {
        try
        {
            while (true)
            {
                ReadOnlySequence<byte> bytes = await output.ReadAsync(closing).ConfigureAwait(false);
                if (bytes.IsEmpty)
                {
                    hub.EndOutput(stream);
                    return true;
                }

                output.Advance(bytes.Length, await TakeAsync(stream, bytes, closing).ConfigureAwait(false));
            }
        }
        catch (Exception e) when (e is IOException or ProtocolException or OperationCanceledException)
        {
            // The connection's end tells.
            return false;
        }
    }

    private async ValueTask<long> TakeAsync(OutputStream stream, ReadOnlySequence<byte> bytes, CancellationToken closing)
    {
        long safe = 0;
        foreach (ReadOnlyMemory<byte> segment in bytes)
        {
            safe = await hub.OutputAsync(stream, segment, closing).ConfigureAwait(false);
        }

        return safe;
    }
}
