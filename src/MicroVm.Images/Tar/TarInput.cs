using System.Security.Cryptography;

namespace MicroVm.Images.Tar;

/// <summary>
/// Reads a stream once, in large chunks, and hashes each chunk on another core while the caller uses it. The chunks
/// stay valid until the next call. Not for concurrent use.
/// </summary>
/// <param name="hashes">False: nobody will ask for the digest.</param>
/// <param name="observe">Sees every byte that is taken, but not those of <see cref="TakeContentAsync"/>.</param>
internal sealed class TarInput(Stream stream, long maxLength, bool hashes = true, TarInput.Observer? observe = null) : IAsyncDisposable
{
    public delegate void Observer(ReadOnlySpan<byte> bytes);

    private const int ChunkSize = 1 << 20;
    private const int ChunkCount = 4;

    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private readonly byte[][] _chunks = new byte[ChunkCount][];
    private readonly Task[] _hashed = [.. Enumerable.Repeat(Task.CompletedTask, ChunkCount)];
    private int _current;
    private int _position;
    private int _length;

    /// <summary>Bytes read from the stream.</summary>
    public long Length { get; private set; }

    /// <summary>The next bytes, at least one and at most <paramref name="max"/>; none: the stream ended.</summary>
    public async ValueTask<ReadOnlyMemory<byte>> TakeAsync(long max, CancellationToken cancellationToken)
    {
        ReadOnlyMemory<byte> taken = await TakeContentAsync(max, cancellationToken).ConfigureAwait(false);
        observe?.Invoke(taken.Span);
        return taken;
    }

    /// <summary>As <see cref="TakeAsync"/>, for what the caller keeps itself.</summary>
    public async ValueTask<ReadOnlyMemory<byte>> TakeContentAsync(long max, CancellationToken cancellationToken)
    {
        if (_position == _length)
        {
            await FillAsync(cancellationToken).ConfigureAwait(false);
        }

        int count = (int)Math.Min(max, _length - _position);
        ReadOnlyMemory<byte> taken = _chunks[_current].AsMemory(_position, count);
        _position += count;
        return taken;
    }

    /// <summary>Copies bytes until the destination is full or the stream ends; says how many.</summary>
    public async ValueTask<int> ReadAsync(Memory<byte> destination, CancellationToken cancellationToken)
    {
        int done = 0;
        while (done < destination.Length)
        {
            ReadOnlyMemory<byte> part = await TakeAsync(destination.Length - done, cancellationToken).ConfigureAwait(false);
            if (part.IsEmpty)
            {
                break;
            }

            part.CopyTo(destination[done..]);
            done += part.Length;
        }

        return done;
    }

    /// <summary>Passes over bytes; false: the stream ended before.</summary>
    public async ValueTask<bool> SkipAsync(long count, CancellationToken cancellationToken)
    {
        while (count > 0)
        {
            ReadOnlyMemory<byte> part = await TakeAsync(count, cancellationToken).ConfigureAwait(false);
            if (part.IsEmpty)
            {
                return false;
            }

            count -= part.Length;
        }

        return true;
    }

    /// <summary>Reads what is left and returns the SHA-256 of the whole stream.</summary>
    public async ValueTask<Digest> FinishAsync(CancellationToken cancellationToken)
    {
        _ = await SkipAsync(long.MaxValue, cancellationToken).ConfigureAwait(false);
        await Task.WhenAll(_hashed).ConfigureAwait(false);
        return Digest.FromHash(_hash.GetHashAndReset());
    }

    public async ValueTask DisposeAsync()
    {
        await Task.WhenAll(_hashed).ConfigureAwait(false);
        _hash.Dispose();
    }

    private async ValueTask FillAsync(CancellationToken cancellationToken)
    {
        int previous = _current;
        _current = (_current + 1) % ChunkCount;
        await _hashed[_current].ConfigureAwait(false);
        _chunks[_current] ??= GC.AllocateUninitializedArray<byte>(ChunkSize);
        _position = 0;
        _length = 0;
        _length = await stream.ReadAtLeastAsync(_chunks[_current], ChunkSize, throwOnEndOfStream: false, cancellationToken)
            .ConfigureAwait(false);
        Length += _length;
        if (Length > maxLength)
        {
            throw TarError.Invalid($"larger than {maxLength >> 30} GiB uncompressed");
        }

        if (hashes)
        {
            _hashed[_current] = HashAfterAsync(_hashed[previous], _chunks[_current].AsMemory(0, _length));
        }
    }

    private Task HashAfterAsync(Task previous, ReadOnlyMemory<byte> chunk) => Task.Run(async () =>
    {
        await previous.ConfigureAwait(false);
        _hash.AppendData(chunk.Span);
    });
}
