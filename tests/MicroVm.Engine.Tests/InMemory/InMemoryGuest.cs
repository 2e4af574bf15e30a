using System.Buffers;
using System.Buffers.Binary;
using System.Net.Sockets;
using System.Text;
using MicroVm.Protocol.Generated;
using MicroVm.Protocol.Messages;

namespace MicroVm.Engine.Tests.InMemory;

/// <summary>
/// The agent's side of the protocol with one process whose "program" is its first argument: <c>exit N</c>,
/// <c>echo TEXT…</c>, <c>cat</c>, <c>sleep</c> (ends by signals), <c>deaf</c> (only by SIGKILL), <c>flood BYTES</c>.
/// Output is kept until acknowledged, so that a new connection resumes it.
/// </summary>
internal sealed class InMemoryGuest(byte[] token, GuestBehavior behavior, Action onShutdown)
{
    private const int Window = 256 * 1024;

    private readonly Lock _sync = new();
    private readonly Dictionary<uint, GuestStream> _outputs = [];
    private Socket? _socket;
    private Start? _start;
    private Exited? _exited;
    private long _stdinReceived;
    private TaskCompletionSource? _paused;

    public Setup? Setup { get; private set; }

    public Start? Start => _start;

    public List<uint> Signals { get; } = [];

    public List<Adjust> Adjustments { get; } = [];

    /// <summary>The container's processes are held still.</summary>
    public bool IsHeld
    {
        get
        {
            lock (_sync)
            {
                return Adjustments.LastOrDefault(adjust => adjust.Stillness != Stillness.Leave)?.Stillness == Stillness.Hold;
            }
        }
    }

    public bool StdinEnded { get; private set; }

    public bool IsPaused => _paused is not null;

    /// <summary>How many there have been.</summary>
    public int Connections { get; private set; }

    /// <summary>How many of the next ones break before a word is said.</summary>
    public int Breaks { get; set; }

    public void Accept(Socket socket)
    {
        lock (_sync)
        {
            if (Breaks > 0)
            {
                Breaks--;
                socket.Dispose();
                return;
            }

            _socket?.Dispose();
            _socket = socket;
            Connections++;
        }

        _ = Task.Run(() => ServeAsync(socket));
    }

    /// <summary>The processors stand still: nothing that comes is taken.</summary>
    public void Pause(bool paused)
    {
        lock (_sync)
        {
            TaskCompletionSource? before = _paused;
            _paused = paused ? before ?? new(TaskCreationOptions.RunContinuationsAsynchronously) : null;
            if (!paused)
            {
                before?.TrySetResult();
            }
        }
    }

    /// <summary>The connection breaks; the guest lives on.</summary>
    public void Disconnect()
    {
        lock (_sync)
        {
            _socket?.Dispose();
            _socket = null;
        }
    }

    /// <summary>The process writes.</summary>
    public void Write(uint stream, ReadOnlySpan<byte> bytes)
    {
        lock (_sync)
        {
            _outputs[stream].Kept.AddRange(bytes);
            Pump();
        }
    }

    /// <summary>The process ends.</summary>
    public void Exit(uint status, uint signal = 0, bool outOfMemory = false)
    {
        lock (_sync)
        {
            _exited = new(_start!.Process, status, signal, outOfMemory);
            foreach (GuestStream stream in _outputs.Values)
            {
                stream.HasEnded = true;
            }

            Send(0, _exited);
            Pump();
        }
    }

    private async Task ServeAsync(Socket socket)
    {
        try
        {
            byte[] preamble = await ReadAsync(socket, ProtocolLimits.PreambleSize);
            await RunningAsync();
            await socket.SendAsync(preamble);
            while (!behavior.IsMute)
            {
                await RunningAsync();
                int length = (int)BinaryPrimitives.ReadUInt32BigEndian(await ReadAsync(socket, 4));
                IMessage message = MessageCodec.Decode(await ReadAsync(socket, length), Direction.HostToGuest, out uint id);
                await RunningAsync();
                lock (_sync)
                {
                    // What an earlier connection still had says nothing on the next one.
                    if (_socket != socket)
                    {
                        return;
                    }

                    Handle(id, message);
                }
            }
        }
        catch (Exception e) when (e is SocketException or EndOfStreamException or ObjectDisposedException)
        {
            // The host has gone.
        }
    }

    private Task RunningAsync() => _paused?.Task ?? Task.CompletedTask;

    private void Handle(uint id, IMessage message)
    {
        switch (message)
        {
            case Hello:
                Greet(id);
                break;
            case Setup setup:
                Setup = setup;
                Send(id, new Ok());
                break;
            case Start start:
                Begin(id, start);
                break;
            case Kill kill:
                Send(id, new Ok());
                Signal(kill.Signal);
                break;
            case Adjust adjust:
                Adjustments.Add(adjust);
                Send(id, behavior.AdjustFailure ?? (IMessage)new Ok());
                break;
            case Resize:
                Send(id, new Ok());
                break;
            case Shutdown:
                ShutDown(id);
                break;
            case Data data:
                _stdinReceived += data.Bytes.Length;
                Send(0, new Ack(data.Stream, (ulong)_stdinReceived));
                Input(data.Bytes);
                break;
            case End:
                StdinEnded = true;
                Input([]);
                break;
            case Ack ack:
                _outputs[ack.Stream].Acknowledge((long)ack.Offset);
                Pump();
                break;
        }
    }

    private void ShutDown(uint id)
    {
        switch (behavior.Farewell)
        {
            case Farewell.AnswerLost:
                Disconnect();
                _ = Task.Delay(100).ContinueWith(_ => onShutdown(), TaskScheduler.Default);
                break;
            case Farewell.HangsUp:
                Disconnect();
                break;
            case Farewell.Stays:
                Send(id, new Ok());
                break;
            case Farewell.Mute:
                break;
            case Farewell.Garbage:
                _socket!.Send([0xff, 0xff, 0xff, 0xff]);
                break;
            default:
                Send(id, new Ok());
                onShutdown();
                break;
        }
    }

    private void Greet(uint id)
    {
        if (behavior.Garbage is { } garbage)
        {
            _socket!.Send(garbage);
            return;
        }

        ProcessState[] processes = _start is null ? [] : [State(_start)];
        Send(id, new HelloReply(1, token, "test", "6.1", 1, 1, 1, _start is not null, processes));
        if (_exited is not null)
        {
            Send(0, _exited);
        }

        foreach (GuestStream stream in _outputs.Values)
        {
            stream.AwaitResume();
        }

        if (behavior.HangsUp && Connections > 1)
        {
            Disconnect();
        }
    }

    private ProcessState State(Start start) => new(
        start.Process,
        _exited is null ? 1u : 0,
        start.Stdin,
        start.Stdout,
        start.Stderr,
        (ulong)_stdinReceived,
        (ulong)_stdinReceived,
        StdinEnded,
        (ulong)_outputs[start.Stdout].Acknowledged,
        start.Stderr == 0 ? 0 : (ulong)_outputs[start.Stderr].Acknowledged);

    private void Begin(uint id, Start start)
    {
        if (behavior.StartFailure is { } failure)
        {
            Send(id, failure);
            return;
        }

        _start = start;
        foreach (uint stream in (uint[])[start.Stdout, start.Stderr])
        {
            if (stream != 0)
            {
                _outputs[stream] = new();
            }
        }

        Send(id, new Started(1));
        RunProgram(start.Arguments);
    }

    private void RunProgram(IReadOnlyList<string> arguments)
    {
        switch (arguments[0])
        {
            case "exit":
                Exit(uint.Parse(arguments[1], null));
                break;
            case "echo":
                Write(_start!.Stdout, Encoding.UTF8.GetBytes(string.Join(' ', arguments.Skip(1)) + "\n"));
                Exit(0);
                break;
            case "flood":
                Write(_start!.Stdout, Flood(int.Parse(arguments[1], null)));
                Exit(0);
                break;
        }
    }

    public static byte[] Flood(int count) => [.. Enumerable.Range(0, count).Select(i => (byte)(i % 64 == 63 ? '\n' : 'a' + (i / 64 % 26)))];

    private void Input(byte[] bytes)
    {
        if (_start!.Arguments[0] != "cat" || _exited is not null)
        {
            return;
        }

        if (bytes.Length > 0)
        {
            Write(_start.Stdout, bytes);
        }
        else
        {
            Exit(0);
        }
    }

    private void Signal(uint signal)
    {
        Signals.Add(signal);
        if (_exited is null && (signal == 9 || _start!.Arguments[0] != "deaf"))
        {
            Exit(128 + signal, signal);
        }
    }

    private void Pump()
    {
        foreach ((uint number, GuestStream stream) in _outputs)
        {
            while (stream.Next(Window) is { } data)
            {
                Send(0, new Data(number, (ulong)data.Offset, data.Bytes));
            }

            if (stream.TakeEnd() is { } end)
            {
                Send(0, new End(number, (ulong)end));
            }
        }
    }

    private void Send(uint id, IMessage message)
    {
        ArrayBufferWriter<byte> payload = new();
        MessageCodec.Encode(payload, id, message);
        byte[] frame = new byte[4 + payload.WrittenCount];
        BinaryPrimitives.WriteInt32BigEndian(frame, payload.WrittenCount);
        payload.WrittenSpan.CopyTo(frame.AsSpan(4));
        try
        {
            _socket?.Send(frame);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The host has gone; it will be told again.
        }
    }

    private static async Task<byte[]> ReadAsync(Socket socket, int count)
    {
        byte[] bytes = new byte[count];
        for (int read = 0; read < count;)
        {
            int n = await socket.ReceiveAsync(bytes.AsMemory(read));
            read += n > 0 ? n : throw new EndOfStreamException();
        }

        return bytes;
    }
}
