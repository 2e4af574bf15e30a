using System.Buffers.Binary;

namespace MicroVm.Networks.Dns;

/// <summary>Messages over TCP: two bytes of length before each (RFC 1035, 4.2.2).</summary>
internal static class DnsStream
{
    /// <summary>Null: the other end has closed.</summary>
    /// <exception cref="IOException">It is longer than it may be.</exception>
    public static async Task<byte[]?> ReadAsync(Stream stream, int most, CancellationToken cancellationToken)
    {
        byte[] head = new byte[2];
        if (await stream.ReadAtLeastAsync(head, 2, throwOnEndOfStream: false, cancellationToken).ConfigureAwait(false) < 2)
        {
            return null;
        }

        int length = BinaryPrimitives.ReadUInt16BigEndian(head);
        byte[] message = length <= most ? new byte[length] : throw new IOException("a message that long is no question");
        await stream.ReadExactlyAsync(message, cancellationToken).ConfigureAwait(false);
        return message;
    }

    public static async Task WriteAsync(Stream stream, byte[] message, CancellationToken cancellationToken)
    {
        byte[] framed = new byte[message.Length + 2];
        BinaryPrimitives.WriteUInt16BigEndian(framed, (ushort)message.Length);
        message.CopyTo(framed, 2);
        await stream.WriteAsync(framed, cancellationToken).ConfigureAwait(false);
    }
}
