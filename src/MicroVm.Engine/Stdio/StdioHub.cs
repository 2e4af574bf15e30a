using System.Collections.Immutable;
using MicroVm.Engine.Containers;
using MicroVm.Engine.Logs;

namespace MicroVm.Engine.Stdio;

/// <summary>
/// The standard streams of one run of a container, or of a process beside it: output goes to the log, where there is one, and
/// to every attached client, stdin comes from any of them. Exists from before the start, so that clients attach first and
/// miss nothing.
/// </summary>
internal sealed class StdioHub(bool terminal, bool stdinOnce, string logPath, bool isBlocking = true)
{
    private readonly Lock _sync = new();
    private ImmutableArray<Attachment> _attachments = [];
    private IOutputSink? _sink;
    private long _delivered;
    private bool _ended;

    public StdinPipe Stdin { get; } = new(endsWithClient: stdinOnce && !terminal);

    /// <summary>The log writer, while the container runs; null for a process without a log.</summary>
    public ContainerLog? Log => _sink as ContainerLog;

    /// <summary>Up to where output was taken: a new connection goes on from here. Only after <see cref="Begin"/>.</summary>
    public StreamOffsets Received => _sink!.Received;

    /// <summary>Grows with every piece taken and with every one delivered: tells a slow client from one that reads no more.</summary>
    public long Delivered => Interlocked.Read(ref _delivered);

    /// <summary>A client has not read all that it was sent.</summary>
    public bool IsBackedUp => _attachments.Any(client => client.IsBackedUp);

    /// <summary>Completes with the first output's arrival.</summary>
    public TaskCompletionSource FirstOutput { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public void Begin(IOutputSink sink)
    {
        lock (_sync)
        {
            _sink = sink;
        }
    }

    public IAttachment Attach(AttachOptions options)
    {
        // One lock with Take: a piece is either in the history that the client gets, or delivered to it, never both.
        lock (_sync)
        {
            IEnumerator<OutputChunk>? history = options.Logs ? History().GetEnumerator() : null;
            Attachment attachment = new(options, terminal, history, Stdin, Detach);
            if (_ended || !options.Stream)
            {
                attachment.Complete();
            }
            else
            {
                _attachments = _attachments.Add(attachment);
            }

            return attachment;
        }
    }

    /// <summary>
    /// Logs and delivers a piece of output; returns the stream offset that the guest may forget everything below.
    /// Waits while an attached client's buffer is full.
    /// </summary>
    public async ValueTask<long> OutputAsync(OutputStream stream, ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        FirstOutput.TrySetResult();
        Interlocked.Increment(ref _delivered);
        (long taken, ImmutableArray<Attachment> clients) = Take(stream, bytes.Span);
        foreach (Attachment client in clients)
        {
            if (isBlocking)
            {
                await client.DeliverAsync(stream, bytes, cancellationToken).ConfigureAwait(false);
            }
            else
            {
                client.Offer(stream, bytes.Span);
            }

            Interlocked.Increment(ref _delivered);
        }

        return taken;
    }

    /// <summary>An output has ended.</summary>
    public void EndOutput(OutputStream stream)
    {
        lock (_sync)
        {
            _ = _sink!.End(stream);
        }
    }

    /// <summary>Clients that do not read what they have been sent lose the rest.</summary>
    public void DropStalledClients()
    {
        foreach (Attachment client in _attachments)
        {
            client.DropIfFull();
        }
    }

    /// <summary>The container has ended, or did not start: clients read what is queued, then the end.</summary>
    public void Complete()
    {
        ImmutableArray<Attachment> clients;
        lock (_sync)
        {
            _ended = true;
            clients = _attachments;
        }

        Stdin.Close();
        foreach (Attachment client in clients)
        {
            client.Complete();
        }
    }

    private (long Taken, ImmutableArray<Attachment> Clients) Take(OutputStream stream, ReadOnlySpan<byte> bytes)
    {
        lock (_sync)
        {
            return (_sink!.Append(stream, bytes), _attachments);
        }
    }

    private void Detach(Attachment attachment)
    {
        lock (_sync)
        {
            _attachments = _attachments.Remove(attachment);
        }
    }

    /// <summary>What the log has at this moment; read lazily, as it may be large.</summary>
    private IEnumerable<OutputChunk> History()
    {
        if (Log is not { } log)
        {
            return Chunks(LogFiles.Open(logPath), [], []);
        }

        (LogFiles files, byte[] stdout, byte[] stderr) = log.Snapshot();
        return Chunks(files, stdout, stderr);
    }

    private static IEnumerable<OutputChunk> Chunks(LogFiles files, byte[] heldStdout, byte[] heldStderr)
    {
        foreach (LogEntry entry in LogReader.Read(files))
        {
            yield return new(entry.Stream, entry.Line);
        }

        if (heldStdout.Length > 0)
        {
            yield return new(OutputStream.Stdout, heldStdout);
        }

        if (heldStderr.Length > 0)
        {
            yield return new(OutputStream.Stderr, heldStderr);
        }
    }
}
