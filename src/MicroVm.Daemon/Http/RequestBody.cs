using System.Buffers;
using System.IO.Pipelines;
using MicroVm.Images.Files;

namespace MicroVm.Daemon.Http;

/// <summary>
/// The body of one request, decoded. Reads from the connection only when it is read itself, so that a slow handler
/// holds the client back.
/// </summary>
internal sealed class RequestBody(PipeReader input, RequestHead head, Func<ValueTask> sendContinue) : ReadOnlyStream
{
    private ChunkedDecoder _decoder;
    private long _remaining = head.ContentLength ?? 0;
    private long _read;
    private bool _continueSent = !head.ExpectsContinue;

    /// <summary>Bytes after decoding; null: no limit.</summary>
    public long? MaxSize { get; set; }

    public bool HasStarted { get; private set; }

    public bool IsDone => head.IsChunked ? _decoder.IsDone : _remaining == 0;

    /// <summary>The client waits to be told to send a body that nobody has asked for.</summary>
    public bool IsWithheld => !_continueSent && !IsDone;

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        HasStarted = true;
        if (!_continueSent && !IsDone)
        {
            _continueSent = true;
            await sendContinue().ConfigureAwait(false);
        }

        CheckDeclaredSize();
        while (!IsDone && buffer.Length > 0)
        {
            int count = await ReadOnceAsync(buffer, cancellationToken).ConfigureAwait(false);
            if (count > 0)
            {
                return Count(count);
            }
        }

        return 0;
    }

    /// <summary>Skips what was not read. False when that is more than <paramref name="limit"/> bytes.</summary>
    public async ValueTask<bool> DrainAsync(long limit, CancellationToken cancellationToken)
    {
        MaxSize = null;
        byte[] scratch = ArrayPool<byte>.Shared.Rent(16 * 1024);
        try
        {
            while (limit > 0 && !IsDone)
            {
                limit -= await ReadAsync(scratch, cancellationToken).ConfigureAwait(false);
            }

            return IsDone;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(scratch);
        }
    }

    private async ValueTask<int> ReadOnceAsync(Memory<byte> output, CancellationToken cancellationToken)
    {
        ReadResult result = await input.ReadAsync(cancellationToken).ConfigureAwait(false);
        ReadOnlySequence<byte> buffer = result.Buffer;
        int count = 0;
        try
        {
            count = Decode(ref buffer, output.Span);
        }
        finally
        {
            bool starved = count == 0 && !IsDone;
            input.AdvanceTo(buffer.Start, starved ? buffer.End : buffer.Start);
        }

        return count == 0 && !IsDone && result.IsCompleted
            ? throw new MalformedRequestException("unexpected end of the request body")
            : count;
    }

    private int Decode(ref ReadOnlySequence<byte> buffer, Span<byte> output)
    {
        if (head.IsChunked)
        {
            return _decoder.Decode(ref buffer, output);
        }

        int count = (int)Math.Min(Math.Min(_remaining, buffer.Length), output.Length);
        buffer.Slice(0, count).CopyTo(output);
        buffer = buffer.Slice(count);
        _remaining -= count;
        return count;
    }

    private void CheckDeclaredSize()
    {
        if (head.ContentLength > MaxSize)
        {
            throw TooLarge();
        }
    }

    private int Count(int count)
    {
        _read += count;
        return _read > MaxSize ? throw TooLarge() : count;
    }

    private static MalformedRequestException TooLarge() =>
        new("request body too large", StatusCodes.Status413PayloadTooLarge);
}
