using System.Buffers.Binary;

namespace MicroVm.Api.Streams;

/// <summary>
/// The head of a frame of a multiplexed stream (Engine API, "Stream format"): stream number, three zero bytes,
/// big-endian length of the payload that follows.
/// </summary>
public static class StreamFrame
{
    public const int HeaderLength = 8;

    public const byte Stdin = 0;

    public const byte Stdout = 1;

    public const byte Stderr = 2;

    /// <summary>An error of the daemon in the middle of a stream, as text.</summary>
    public const byte SystemError = 3;

    /// <param name="header">At least <see cref="HeaderLength"/> bytes.</param>
    public static void WriteHeader(Span<byte> header, byte stream, int length)
    {
        BinaryPrimitives.WriteUInt32BigEndian(header, (uint)stream << 24);
        BinaryPrimitives.WriteInt32BigEndian(header[4..], length);
    }

    /// <summary>False when it is no frame head: unknown stream, padding not zero.</summary>
    public static bool TryReadHeader(ReadOnlySpan<byte> header, out byte stream, out uint length)
    {
        stream = header[0];
        length = BinaryPrimitives.ReadUInt32BigEndian(header[4..]);
        return stream <= SystemError && (BinaryPrimitives.ReadUInt32BigEndian(header) & 0xff_ffff) == 0;
    }
}
