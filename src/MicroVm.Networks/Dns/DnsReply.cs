using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace MicroVm.Networks.Dns;

/// <summary>Answers to a question, in the form of RFC 1035.</summary>
public static class DnsReply
{
    public const byte NoError = 0;
    public const byte FormatError = 1;
    public const byte ServerFailure = 2;
    public const byte Refused = 5;

    /// <summary>What fits 512 bytes whatever the name's length.</summary>
    public const int MaxAddresses = 14;

    // Seconds. A container's address may be another's soon after.
    private const uint TimeToLive = 5;
    private const ushort Response = 0x8000;
    private const ushort Authoritative = 0x0400;
    private const ushort RecursionDesired = 0x0100;
    private const ushort RecursionAvailable = 0x0080;
    private const ushort NamePointer = 0xc000 | DnsQuestion.HeaderSize;

    /// <summary>The addresses of the name that was asked for; none where it has none of the type.</summary>
    public static byte[] Addresses(ReadOnlySpan<byte> query, DnsQuestion question, IReadOnlyList<uint> addresses)
    {
        int count = Math.Min(addresses.Count, MaxAddresses);
        ArrayBufferWriter<byte> reply = Begin(query, question, NoError, count);
        for (int i = 0; i < count; i++)
        {
            byte[] value = new byte[sizeof(uint)];
            BinaryPrimitives.WriteUInt32BigEndian(value, addresses[i]);
            WriteRecord(reply, DnsQuestion.TypeA, value);
        }

        return reply.WrittenSpan.ToArray();
    }

    /// <param name="name">Labels of at most 63 characters, 253 in all.</param>
    public static byte[] Pointer(ReadOnlySpan<byte> query, DnsQuestion question, string name)
    {
        ArrayBufferWriter<byte> reply = Begin(query, question, NoError, answers: 1);
        List<byte> value = [];
        foreach (string label in name.Split('.'))
        {
            value.Add((byte)label.Length);
            value.AddRange(Encoding.ASCII.GetBytes(label));
        }

        value.Add(0);
        WriteRecord(reply, DnsQuestion.TypePointer, [.. value]);
        return reply.WrittenSpan.ToArray();
    }

    public static byte[] Failure(ReadOnlySpan<byte> query, DnsQuestion question, byte code) => Begin(query, question, code, answers: 0).WrittenSpan.ToArray();

    /// <summary>To what can't be read but for its number; null: not even that.</summary>
    public static byte[]? Malformed(ReadOnlySpan<byte> query)
    {
        if (query.Length < DnsQuestion.HeaderSize || (query[2] & 0x80) != 0)
        {
            return null;
        }

        byte[] reply = new byte[DnsQuestion.HeaderSize];
        query[..2].CopyTo(reply);
        BinaryPrimitives.WriteUInt16BigEndian(reply.AsSpan(2), Response | FormatError);
        return reply;
    }

    private static ArrayBufferWriter<byte> Begin(ReadOnlySpan<byte> query, DnsQuestion question, byte code, int answers)
    {
        ArrayBufferWriter<byte> reply = new(512);
        int flags = Response | RecursionAvailable | (code == NoError ? Authoritative : 0) | (question.IsRecursive ? RecursionDesired : 0) | code;
        foreach (int word in (int[])[question.Id, flags, 1, answers, 0, 0])
        {
            Write(reply, (ushort)word);
        }

        reply.Write(query[DnsQuestion.HeaderSize..question.End]);
        return reply;
    }

    private static void WriteRecord(ArrayBufferWriter<byte> reply, ushort type, ReadOnlySpan<byte> value)
    {
        Write(reply, NamePointer);
        Write(reply, type);
        Write(reply, 1); // The Internet's class.
        Write(reply, (ushort)(TimeToLive >> 16));
        Write(reply, (ushort)TimeToLive);
        Write(reply, (ushort)value.Length);
        reply.Write(value);
    }

    private static void Write(ArrayBufferWriter<byte> reply, ushort word)
    {
        BinaryPrimitives.WriteUInt16BigEndian(reply.GetSpan(2), word);
        reply.Advance(2);
    }
}
