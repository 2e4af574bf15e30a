using MicroVm.Cli.Interop;

namespace MicroVm.Cli.Http;

/// <summary>Bytes that were read from a connection and not yet taken.</summary>
internal sealed class InputBuffer(FileDescriptor source)
{
    private const int Capacity = 64 << 10;

    private readonly byte[] _bytes = new byte[Capacity];
    private int _start;
    private int _end;

    internal bool IsEmpty => _start == _end;

    internal bool IsReadable => !IsEmpty || source.IsReadable(0);

    /// <summary>Takes what is buffered, else reads. 0: the end.</summary>
    internal int Read(Span<byte> target)
    {
        if (IsEmpty && target.Length >= Capacity)
        {
            return source.Read(target); // A large read goes past the buffer.
        }

        return !IsEmpty || Fill() ? Take(target) : 0;
    }

    /// <summary>One line without its end (LF or CR LF), as Latin-1 bytes.</summary>
    /// <exception cref="ProtocolException">Longer than <paramref name="limit"/>, or the connection ended in it.</exception>
    internal ReadOnlySpan<byte> ReadLine(int limit)
    {
        int scanned = 0;
        while (true)
        {
            ReadOnlySpan<byte> pending = _bytes.AsSpan(_start, _end - _start);
            int newline = pending[scanned..].IndexOf((byte)'\n');
            if (newline >= 0)
            {
                int length = scanned + newline;
                _start += length + 1;
                ReadOnlySpan<byte> line = pending[..length];
                return line.EndsWith("\r"u8) ? line[..^1] : line;
            }

            scanned = pending.Length;
            if (scanned >= Math.Min(limit, Capacity))
            {
                throw new ProtocolException("header line too long");
            }

            if (!Fill())
            {
                throw new ProtocolException(scanned == 0 ? "connection closed" : "connection closed in the middle of an answer");
            }
        }
    }

    private int Take(Span<byte> target)
    {
        int count = Math.Min(target.Length, _end - _start);
        _bytes.AsSpan(_start, count).CopyTo(target);
        _start += count;
        return count;
    }

    private bool Fill()
    {
        if (_start > 0)
        {
            _bytes.AsSpan(_start, _end - _start).CopyTo(_bytes);
            _end -= _start;
            _start = 0;
        }

        int count = source.Read(_bytes.AsSpan(_end));
        _end += count;
        return count > 0;
    }
}
