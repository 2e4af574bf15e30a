using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Security.Cryptography;
using MicroVm.Protocol.Messages;

namespace MicroVm.Protocol.Connection;

/// <summary>
/// The host's end of a connection to a guest agent. Requests may be sent before the guest has even booted: they wait in
/// the channel. What the guest sends is checked, and what it can make the host keep is bounded by the streams' windows.
/// </summary>
public sealed partial class AgentConnection : IAsyncDisposable
{
    private readonly Stream _stream;
    private readonly AgentConnectionOptions _options;
    private readonly FrameSender _sender;
    private readonly CancellationTokenSource _stop = new();
    private readonly PendingRequests _requests = new();
    private readonly ConcurrentDictionary<uint, OutputStream> _outputs = new();
    private readonly ConcurrentDictionary<uint, InputStream> _inputs = new();
    private readonly ConcurrentDictionary<uint, TaskCompletionSource<Exited>> _exits = new();
    private readonly TaskCompletionSource<Exception> _closed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<HelloReply> _hello = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Task _running = Task.CompletedTask;

    private AgentConnection(Stream stream, AgentConnectionOptions options)
    {
        _stream = stream;
        _options = options;
        _sender = new(stream);
    }

    /// <summary>The guest's answer to Hello, once its token was checked.</summary>
    public Task<HelloReply> Hello => _hello.Task;

    /// <summary>
    /// Completes when the connection has ended, with the reason: <see cref="ConnectionLostException"/> (a new one can
    /// resume) or <see cref="ProtocolException"/> (the guest can't be trusted to go on).
    /// </summary>
    public Task<Exception> Closed => _closed.Task;

    /// <summary>Takes the stream over and says Hello at once; does not wait.</summary>
    public static AgentConnection Open(Stream stream, AgentConnectionOptions options)
    {
        options.Validate();
        var connection = new AgentConnection(stream, options);
        byte[] preamble = new byte[ProtocolLimits.PreambleSize];
        RandomNumberGenerator.Fill(preamble);
        BinaryPrimitives.WriteUInt64BigEndian(preamble, ProtocolLimits.PreambleMagic);
        connection._sender.SendRaw(preamble);
        connection.SendHello();
        connection._running = Task.Run(() => connection.RunAsync(preamble));
        return connection;
    }

    /// <summary>
    /// Sends a request; requests are carried out in their order. Throws <see cref="RequestFailedException"/> when the guest
    /// refuses, and what <see cref="Closed"/> tells when the connection ends first.
    /// </summary>
    public async Task<TReply> RequestAsync<TReply>(IRequest<TReply> request, CancellationToken cancellationToken = default)
        where TReply : IMessage
    {
        if (request is Start start)
        {
            _exits.TryAdd(start.Process, NewExit());
        }

        var reply = new TaskCompletionSource<TReply>(TaskCreationOptions.RunContinuationsAsynchronously);
        uint id = _requests.Add(reply);
        try
        {
            _sender.Send(id, request);
        }
        catch
        {
            _requests.Remove(id);
            throw;
        }

        return await reply.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>The end of a process that this connection started, or found running.</summary>
    public Task<Exited> WaitExitAsync(uint process) => _exits.TryGetValue(process, out TaskCompletionSource<Exited>? exit)
        ? exit.Task
        : throw new ArgumentException($"process {process} was not started", nameof(process));

    /// <summary>The guest may drop a process that has ended, and its streams.</summary>
    public void Forget(uint process) => Send(new Forget(process));

    /// <summary>An output of a process that is going to be started. Call before the Start.</summary>
    public OutputStream OpenOutput(uint number) => AddOutput(number, 0);

    /// <summary>
    /// An output of a process that an earlier connection started: goes on at <paramref name="offset"/>. Call after
    /// <see cref="Hello"/>, which says how far back the guest can go.
    /// </summary>
    public OutputStream ResumeOutput(uint number, long offset)
    {
        OutputStream output = AddOutput(number, offset);
        Send(new Ack(number, (ulong)offset));
        return output;
    }

    /// <summary>Stdin of a process that is going to be started. Call before the Start.</summary>
    public InputStream OpenInput(uint number)
    {
        var input = new InputStream(this, number, _options.Window);
        _inputs[number] = input;
        return input;
    }

    /// <summary>Stdin of a process that another daemon started: goes on where the guest says.</summary>
    public InputStream ResumeInput(ProcessState state)
    {
        var input = new InputStream(this, state.Stdin, _options.Window, (long)state.StdinReceived);
        _inputs[state.Stdin] = input;
        return input;
    }

    /// <summary>The same stream on a new connection: nothing that was written is lost.</summary>
    public void ResumeInput(InputStream input, ProcessState state)
    {
        _inputs[input.Number] = input;
        input.Resume(this, state);
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await _running.ConfigureAwait(false);
    }

    internal void Send(IMessage message) => _sender.Send(0, message);

    internal void SendData(uint number, long offset, ReadOnlySpan<byte> bytes) => _sender.SendData(number, (ulong)offset, bytes);

    private static TaskCompletionSource<Exited> NewExit() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private OutputStream AddOutput(uint number, long offset)
    {
        var output = new OutputStream(this, number, offset, _options.Window);
        _outputs[number] = output;
        return output;
    }

    private void SendHello()
    {
        ulong clock = _options.SetClock ? (ulong)(DateTime.UtcNow - DateTime.UnixEpoch).Ticks * 100 : 0;
        var reply = new TaskCompletionSource<HelloReply>(TaskCreationOptions.RunContinuationsAsynchronously);
        uint id = _requests.Add(reply);
        _sender.Send(id, new Hello(
            ProtocolLimits.Version, ProtocolLimits.Version, _options.Token, clock, (uint)_options.Window, RandomNumberGenerator.GetBytes(32)));
        _ = _hello.Task.Exception; // Nobody may be waiting when it fails.
        _ = reply.Task.ContinueWith(PassOn, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
    }

    private void PassOn(Task<HelloReply> reply)
    {
        if (reply.IsCompletedSuccessfully)
        {
            _hello.TrySetResult(reply.Result);
        }
        else
        {
            _hello.TrySetException(reply.Exception!.InnerException!);
            _ = _hello.Task.Exception;
        }
    }
}
