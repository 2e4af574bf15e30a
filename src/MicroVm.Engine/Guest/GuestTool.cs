using System.Buffers;
using System.Text;
using MicroVm.Protocol;
using MicroVm.Protocol.Connection;
using MicroVm.Protocol.Messages;

namespace MicroVm.Engine.Guest;

/// <summary>A tool that runs in a guest. Dispose ends it, wherever it is.</summary>
internal sealed class GuestTool : IAsyncDisposable
{
    private const int SigKill = 9;
    private const int MaxMessage = 4096;
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(5);
    private readonly AgentConnection _connection;
    private readonly uint _process;
    private readonly InputStream? _input;
    private readonly Task<Exited> _exited;
    private readonly Task<string> _message;

    private GuestTool(AgentConnection connection, StartTool request, out Task<Started> started)
    {
        (_connection, _process) = (connection, request.Process);
        Output = connection.OpenOutput(request.Stdout);
        OutputStream errors = connection.OpenOutput(request.Stderr);
        _input = request.Stdin == 0 ? null : connection.OpenInput(request.Stdin);
        started = connection.RequestAsync(request);
        _exited = connection.WaitExitAsync(request.Process);
        _message = ReadMessageAsync(errors);
        Observe(started, _exited);
    }

    public OutputStream Output { get; }

    /// <summary>Sends the request; <paramref name="started"/> is its answer.</summary>
    public static GuestTool Start(AgentConnection connection, StartTool request, out Task<Started> started) =>
        new(connection, request, out started);

    /// <summary>All of its input; stops without a complaint when the tool has ended before: <see cref="CheckAsync"/> tells why.</summary>
    public async Task FeedAsync(Stream content, CancellationToken cancellationToken)
    {
        byte[] buffer = ArrayPool<byte>.Shared.Rent(ProtocolLimits.MaxData);
        try
        {
            int count;
            while (!_exited.IsCompleted && (count = await content.ReadAsync(buffer, cancellationToken).ConfigureAwait(false)) > 0)
            {
                Task written = _input!.WriteAsync(buffer.AsMemory(0, count), cancellationToken).AsTask();
                await Task.WhenAny(written, _exited).ConfigureAwait(false);
                if (!_exited.IsCompleted)
                {
                    await written.ConfigureAwait(false);
                }
            }

            _input!.End();
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>Waits for its end and throws what it failed with.</summary>
    /// <param name="notFound">What a path that is not there means to the caller.</param>
    /// <exception cref="EngineException">NotFound, Invalid, or Internal; the message is the tool's.</exception>
    public async Task CheckAsync(Func<EngineException>? notFound, CancellationToken cancellationToken)
    {
        Exited exited = await _exited.WaitAsync(cancellationToken).ConfigureAwait(false);
        string message = await _message.WaitAsync(cancellationToken).ConfigureAwait(false);
        if (exited.Status != 0)
        {
            throw Failure(exited, message.Length > 0 ? message : $"the guest's tool ended with status {exited.Status}", notFound);
        }
    }

    /// <summary>Ends it if it still runs; the guest forgets it. A guest that does not answer (paused) is not waited for.</summary>
    public async ValueTask DisposeAsync() =>
        await Task.WhenAny(EndAsync(), Task.Delay(s_patience)).ConfigureAwait(false);

    private async Task EndAsync()
    {
        if (!_exited.IsCompleted)
        {
            Output.Stop();
            _input?.End();
            await KillAsync().ConfigureAwait(false);
        }

        if (_exited.IsCompletedSuccessfully)
        {
            _connection.Forget(_process);
        }
    }

    /// <summary>They may fail when nobody waits for them any more.</summary>
    private static void Observe(params Task[] tasks)
    {
        foreach (Task task in tasks)
        {
            _ = task.ContinueWith(
                done => _ = done.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default);
        }
    }

    private async Task KillAsync()
    {
        try
        {
            await _connection.RequestAsync(new Kill(_process, SigKill)).ConfigureAwait(false);
            await _exited.ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or ProtocolException or RequestFailedException)
        {
            // It has ended, or the guest is gone.
        }
    }

    private static EngineException Failure(Exited exited, string message, Func<EngineException>? notFound) => exited.Status switch
    {
        2 when notFound is not null => notFound(),
        2 => new(EngineErrorKind.NotFound, message),
        3 => new(EngineErrorKind.Invalid, message),
        _ => new(EngineErrorKind.Internal, message),
    };

    /// <summary>The first bytes of what it complains of, as one line.</summary>
    private static async Task<string> ReadMessageAsync(OutputStream errors)
    {
        StringBuilder text = new();
        try
        {
            while (true)
            {
                ReadOnlySequence<byte> bytes = await errors.ReadAsync().ConfigureAwait(false);
                if (bytes.IsEmpty)
                {
                    break;
                }

                text.Append(Encoding.UTF8.GetString(bytes.Slice(0, Math.Min(bytes.Length, MaxMessage - text.Length))));
                errors.Advance(bytes.Length);
            }
        }
        catch (Exception e) when (e is IOException or ProtocolException)
        {
            // The end of the tool tells.
        }

        return OneLine.Of(text.ToString().TrimEnd('\n'), MaxMessage);
    }
}
