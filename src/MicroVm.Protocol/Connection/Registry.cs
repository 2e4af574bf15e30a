using System.Diagnostics.CodeAnalysis;
using MicroVm.Protocol.Messages;

namespace MicroVm.Protocol.Connection;

/// <summary>
/// What a guest may talk about on one connection: the processes that were started or found, and their streams. Anything
/// else is a breach of the protocol, except what crossed a Forget.
/// </summary>
internal sealed class Registry
{
    private readonly Lock _lock = new();
    private readonly Dictionary<uint, OutputStream> _outputs = [];
    private readonly Dictionary<uint, InputStream> _inputs = [];
    private readonly Dictionary<uint, ProcessEntry> _processes = [];
    private readonly Dictionary<uint, uint> _starting = [];
    private readonly Queue<(uint AfterRequest, ProcessEntry Process)> _forgotten = new();
    private readonly HashSet<uint> _forgottenStreams = [];
    private readonly HashSet<uint> _forgottenProcesses = [];
    private Exception? _failure;

    public void AddOutput(OutputStream output)
    {
        lock (_lock)
        {
            _outputs[output.Number] = output;
            if (_failure is not null)
            {
                output.Fail(_failure);
            }
        }
    }

    public void AddInput(InputStream input)
    {
        lock (_lock)
        {
            _inputs[input.Number] = input;
        }
    }

    /// <summary>A request that starts a process: call before it is sent.</summary>
    public void AddProcess(IMessage request)
    {
        if (ProcessOf(request) is { } process)
        {
            lock (_lock)
            {
                Add(process);
            }
        }
    }

    /// <summary>A request gets this id.</summary>
    public void Asked(uint request, IMessage message)
    {
        if (ProcessOf(message) is { } process)
        {
            lock (_lock)
            {
                _starting[request] = process.Process;
            }
        }
    }

    /// <summary>The guest has answered a request: if a process could not be started, its streams have ended.</summary>
    public void Answered(uint request, bool failed)
    {
        lock (_lock)
        {
            DropForgotten(request);
            if (_starting.Remove(request, out uint process) && failed && _processes.Remove(process, out ProcessEntry? entry))
            {
                RemoveStreams(entry);
            }
        }
    }

    /// <summary>The processes that a new connection finds, with stand-ins for their inputs until those are resumed.</summary>
    public void AddFound(ProcessState state, InputStream? input)
    {
        lock (_lock)
        {
            if (_processes.TryGetValue(state.Process, out ProcessEntry? entry))
            {
                // Its Start is being sent again: the guest will refuse that, or has answered it on an earlier connection.
                _ = entry.Found is null ? entry : throw new ProtocolException($"process {state.Process} is there twice");
                return;
            }

            Add(new(state.Process, state.Stdin, state.Stdout, state.Stderr) { Found = state });
            if (input is not null && !_inputs.TryAdd(state.Stdin, input))
            {
                throw new ProtocolException($"stream {state.Stdin} is there twice");
            }
        }
    }

    public InputStream GetInput(uint number)
    {
        lock (_lock)
        {
            return _inputs.GetValueOrDefault(number) ?? throw new ArgumentException($"the guest has no stream {number}");
        }
    }

    /// <summary>Puts an input of an earlier connection in the place of its stand-in.</summary>
    public void ResumeInput(AgentConnection connection, InputStream input, ProcessState state)
    {
        lock (_lock)
        {
            input.Resume(connection, state, GetInput(input.Number));
            _inputs[input.Number] = input;
        }
    }

    /// <summary>What the guest has let go of an output: it can't be resumed before that.</summary>
    public long LetGo(uint number)
    {
        lock (_lock)
        {
            ProcessState? state = _processes.Values.Select(p => p.Found)
                .FirstOrDefault(f => f is not null && (f.Stdout == number || f.Stderr == number));
            return state is null ? 0 : (long)(state.Stdout == number ? state.StdoutAcked : state.StderrAcked);
        }
    }

    public bool TryGetExit(uint process, [NotNullWhen(true)] out Task<Exited>? exit)
    {
        lock (_lock)
        {
            exit = _processes.TryGetValue(process, out ProcessEntry? entry) ? entry.Exit.Task : null;
            return exit is not null;
        }
    }

    /// <summary>The output that a message is about; null when it was forgotten meanwhile.</summary>
    public OutputStream? Output(uint number)
    {
        lock (_lock)
        {
            return _outputs.GetValueOrDefault(number) ?? (_forgottenStreams.Contains(number) ? null : throw Unknown(number));
        }
    }

    public void Acknowledge(Ack ack)
    {
        lock (_lock)
        {
            Input(ack.Stream)?.Acknowledge(ack.Offset);
        }
    }

    public void Stop(Stop stop)
    {
        lock (_lock)
        {
            Input(stop.Stream)?.Stop();
        }
    }

    public void Exit(Exited exited)
    {
        lock (_lock)
        {
            if (_forgottenProcesses.Contains(exited.Process))
            {
                return;
            }

            bool isKnown = _processes.TryGetValue(exited.Process, out ProcessEntry? entry);
            if (!isKnown || exited.Status > 255 || exited.Signal > 64 || !entry!.Exit.TrySetResult(exited))
            {
                throw new ProtocolException($"the end of process {exited.Process} is out of place");
            }
        }
    }

    /// <summary>
    /// Drops a process. The guest may go on about it until it has answered a request behind <paramref name="lastRequest"/>.
    /// </summary>
    public void Forget(uint process, uint lastRequest)
    {
        lock (_lock)
        {
            if (_processes.TryGetValue(process, out ProcessEntry? entry))
            {
                if (!entry.Exit.Task.IsCompleted)
                {
                    throw new InvalidOperationException($"process {process} has not ended");
                }

                _processes.Remove(process);
                RemoveStreams(entry);
                _forgotten.Enqueue((lastRequest, entry));
                _forgottenProcesses.Add(process);
                _forgottenStreams.UnionWith(entry.Streams);
            }
        }
    }

    /// <summary>The connection has ended.</summary>
    public void Fail(AgentConnection connection, Exception reason)
    {
        lock (_lock)
        {
            _failure = reason;
            foreach (OutputStream output in _outputs.Values)
            {
                output.Fail(reason);
            }

            foreach (InputStream input in _inputs.Values)
            {
                input.Detach(connection);
            }

            foreach (ProcessEntry process in _processes.Values)
            {
                process.Fail(reason);
            }
        }
    }

    private static ProcessEntry? ProcessOf(IMessage request) => request switch
    {
        Start start => new(start.Process, start.Stdin, start.Stdout, start.Stderr),
        StartTool tool => new(tool.Process, tool.Stdin, tool.Stdout, tool.Stderr),
        _ => null,
    };

    private void Add(ProcessEntry entry)
    {
        if (_failure is not null)
        {
            entry.Fail(_failure);
        }

        _processes.TryAdd(entry.Process, entry);
    }

    private void RemoveStreams(ProcessEntry entry)
    {
        foreach (uint number in entry.Streams)
        {
            if (_outputs.Remove(number, out OutputStream? output))
            {
                output.Finish();
            }

            if (_inputs.Remove(number, out InputStream? input))
            {
                input.Stop();
            }
        }
    }

    private void DropForgotten(uint answered)
    {
        while (_forgotten.TryPeek(out (uint AfterRequest, ProcessEntry Process) oldest) && oldest.AfterRequest < answered)
        {
            _forgotten.Dequeue();
            _forgottenProcesses.Remove(oldest.Process.Process);
            _forgottenStreams.ExceptWith(oldest.Process.Streams);
        }
    }

    private InputStream? Input(uint number) =>
        _inputs.GetValueOrDefault(number) ?? (_forgottenStreams.Contains(number) ? null : throw Unknown(number));

    private static ProtocolException Unknown(uint number) => new($"stream {number} was not opened");

    private sealed record ProcessEntry(uint Process, uint Stdin, uint Stdout, uint Stderr)
    {
        public ProcessState? Found { get; init; }

        public TaskCompletionSource<Exited> Exit { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public IEnumerable<uint> Streams => ((uint[])[Stdin, Stdout, Stderr]).Where(s => s != 0);

        public void Fail(Exception reason)
        {
            Exit.TrySetException(reason);
            _ = Exit.Task.Exception; // Nobody may be waiting.
        }
    }
}
