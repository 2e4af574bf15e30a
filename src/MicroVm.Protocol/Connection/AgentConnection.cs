using System.Buffers.Binary;
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
    private readonly Registry _registry = new();
    private readonly Lock _order = new();
    private readonly TaskCompletionSource<Exception> _ending = new(TaskCreationOptions.RunContinuationsAsynchronously);
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
    /// refuses or the request is over a limit, and what <see cref="Closed"/> tells when the connection ends first.
    /// </summary>
    public async Task<TReply> RequestAsync<TReply>(IRequest<TReply> request, CancellationToken cancellationToken = default)
        where TReply : IMessage
    {
        _registry.AddProcess(request);
        Task<TReply> reply = Send(request);
        return await reply.WaitAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>The end of a process that this connection started, or found running.</summary>
    public Task<Exited> WaitExitAsync(uint process) => _registry.TryGetExit(process, out Task<Exited>? exit)
        ? exit
        : throw new ArgumentException($"process {process} was not started", nameof(process));

    /// <summary>
    /// The guest may drop a process, and its streams; those of this connection end too. Only once <see cref="WaitExitAsync"/>
    /// has completed for it.
    /// </summary>
    public void Forget(uint process)
    {
        lock (_order)
        {
            _registry.Forget(process, _requests.LastId);
            _sender.Send(0, new Forget(process));
        }
    }

    /// <summary>An output of a process that is going to be started. Call before the Start.</summary>
    public OutputStream OpenOutput(uint number) => AddOutput(number, 0);

    /// <summary>
    /// An output of a process that an earlier connection started: goes on at <paramref name="offset"/>, or where the guest
    /// can, when it was told to forget more; <see cref="OutputStream.Offset"/> tells. Call after <see cref="Hello"/>.
    /// </summary>
    public OutputStream ResumeOutput(uint number, long offset)
    {
        OutputStream output = AddOutput(number, Math.Max(offset, _registry.LetGo(number)));
        Acknowledge(number, output.Offset);
        return output;
    }

    /// <summary>Stdin of a process that is going to be started. Call before the Start.</summary>
    public InputStream OpenInput(uint number)
    {
        var input = new InputStream(this, number, _options.Window);
        _registry.AddInput(input);
        return input;
    }

    /// <summary>Stdin of a process that another daemon started: goes on where the guest says.</summary>
    public InputStream ResumeInput(ProcessState state) => _registry.GetInput(state.Stdin);

    /// <summary>
    /// The same stream on a new connection: nothing that was written is lost. Throws <see cref="ProtocolException"/>, and
    /// ends the connection, when the guest can't have what it says.
    /// </summary>
    public void ResumeInput(InputStream input, ProcessState state)
    {
        if (state.Stdin != input.Number)
        {
            input.Stop();
            return;
        }

        try
        {
            _registry.ResumeInput(this, input, state);
        }
        catch (ProtocolException violation)
        {
            _ending.TrySetResult(violation);
            throw;
        }
    }

    /// <summary>Ends the connection, when what was sent is written. The guest keeps everything for the next one.</summary>
    public async ValueTask DisposeAsync()
    {
        _ending.TrySetResult(new ConnectionLostException("the connection was closed"));
        await _running.ConfigureAwait(false);
        _stop.Dispose();
    }

    internal void Send(IMessage message) => _sender.Send(0, message);

    internal void Acknowledge(uint number, long offset) => _sender.Acknowledge(number, (ulong)offset);

    internal bool HasRoom(out Task room) => _sender.HasRoom(out room);

    internal void SendData(uint number, long offset, ReadOnlySpan<byte> bytes) => _sender.SendData(number, (ulong)offset, bytes);

    private OutputStream AddOutput(uint number, long offset)
    {
        var output = new OutputStream(this, number, offset, _options.Window);
        _registry.AddOutput(output);
        return output;
    }

    private Task<TReply> Send<TReply>(IRequest<TReply> request)
        where TReply : IMessage
    {
        var reply = new TaskCompletionSource<TReply>(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_order)
        {
            uint id = _requests.Add(reply);
            try
            {
                _registry.Asked(id, request);
                _sender.Send(id, request);
            }
            catch (ArgumentException tooLarge)
            {
                _requests.Remove(id);
                _registry.Answered(id, failed: true);
                throw new RequestFailedException(new Failure(FailureKind.InvalidRequest, 0, tooLarge.Message));
            }
        }

        return reply.Task;
    }

    private void SendHello()
    {
        ulong clock = _options.SetClock ? (ulong)(DateTime.UtcNow - DateTime.UnixEpoch).Ticks * 100 : 0;
        Task<HelloReply> reply = Send(new Hello(
            ProtocolLimits.Version, ProtocolLimits.Version, _options.Token, clock, (uint)_options.Window, RandomNumberGenerator.GetBytes(32)));
        _ = reply.ContinueWith(PassOn, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
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
            _ = _hello.Task.Exception; // Nobody may be waiting.
        }
    }
}
