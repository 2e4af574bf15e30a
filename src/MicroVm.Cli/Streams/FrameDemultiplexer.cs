using MicroVm.Api.Streams;
using MicroVm.Cli.Http;
using MicroVm.Cli.Interop;

namespace MicroVm.Cli.Streams;

/// <summary>Takes a multiplexed stream apart (Engine API, "Stream format").</summary>
/// <param name="standardOutput">Null: dropped.</param>
/// <param name="standardError">Null: dropped.</param>
internal sealed class FrameDemultiplexer(FileDescriptor? standardOutput, FileDescriptor? standardError)
{
    private const int BufferSize = 256 << 10;
    private const uint MaximumError = 64 << 10;

    private readonly byte[] _buffer = GC.AllocateUninitializedArray<byte>(BufferSize);
    private int _start;
    private int _end;

    /// <summary>Copies to the stream's end.</summary>
    /// <param name="firstOutput">Called once, before the first byte is written.</param>
    /// <exception cref="ProtocolException">It is no multiplexed stream, or ends within a frame.</exception>
    /// <exception cref="CliException">The daemon reports an error in the stream.</exception>
    internal void Copy(EngineResponse source, Action? firstOutput = null)
    {
        while (FillHeader(source))
        {
            firstOutput?.Invoke();
            firstOutput = null;
            if (!StreamFrame.TryReadHeader(_buffer.AsSpan(_start), out byte stream, out uint length))
            {
                throw new ProtocolException("malformed frame in the output stream");
            }

            _start += StreamFrame.HeaderLength;
            if (stream == StreamFrame.SystemError)
            {
                ThrowSystemError(source, length);
            }

            CopyPayload(source, stream == StreamFrame.Stderr ? standardError : standardOutput, length);
        }
    }

    /// <summary>False: the stream ended where it may.</summary>
    private bool FillHeader(EngineResponse source)
    {
        while (_end - _start < StreamFrame.HeaderLength)
        {
            if (_start > 0)
            {
                _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
                (_start, _end) = (0, _end - _start);
            }

            int count = source.Read(_buffer.AsSpan(_end));
            if (count == 0)
            {
                return _end == 0 ? false : throw new ProtocolException("the output stream ended within a frame");
            }

            _end += count;
        }

        return true;
    }

    private void CopyPayload(EngineResponse source, FileDescriptor? target, uint length)
    {
        for (uint left = length; left > 0;)
        {
            ReadOnlySpan<byte> piece = Next(source, left);
            target?.Write(piece);
            left -= (uint)piece.Length;
        }
    }

    private void ThrowSystemError(EngineResponse source, uint length)
    {
        var text = new MemoryStream();
        for (uint left = Math.Min(length, MaximumError); left > 0;)
        {
            ReadOnlySpan<byte> piece = Next(source, left);
            text.Write(piece);
            left -= (uint)piece.Length;
        }

        throw new CliException(System.Text.Encoding.UTF8.GetString(text.ToArray()));
    }

    private ReadOnlySpan<byte> Next(EngineResponse source, uint wanted)
    {
        if (_start == _end)
        {
            _start = 0;
            _end = source.Read(_buffer);
            if (_end == 0)
            {
                throw new ProtocolException("the output stream ended within a frame");
            }
        }

        int count = (int)Math.Min(wanted, (uint)(_end - _start));
        _start += count;
        return _buffer.AsSpan(_start - count, count);
    }
}
