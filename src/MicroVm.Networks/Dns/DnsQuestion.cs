using System.Buffers.Binary;
using System.Text;

namespace MicroVm.Networks.Dns;

/// <summary>The one question of a query (RFC 1035, 4.1), which comes from a guest: whatever is not plainly that is refused.</summary>
/// <param name="Id">The asker's number for it.</param>
/// <param name="IsRecursive">The asker wants the whole answer.</param>
/// <param name="Name">In lower case, without a dot at its end.</param>
/// <param name="Type">A, AAAA, PTR …</param>
/// <param name="End">Where the question ends in the message.</param>
public sealed record DnsQuestion(ushort Id, bool IsRecursive, string Name, ushort Type, int End)
{
    public const int HeaderSize = 12;
    public const ushort TypeA = 1;
    public const ushort TypePointer = 12;
    public const ushort TypeAny = 255;
    private const ushort ClassInternet = 1;
    private const int MaxName = 255;
    private const int MaxLabel = 63;
    private const byte ResponseAndOpcode = 0xf8;

    /// <summary>Null: it is no question that can be answered.</summary>
    public static DnsQuestion? TryRead(ReadOnlySpan<byte> message)
    {
        if (message.Length < HeaderSize || (message[2] & ResponseAndOpcode) != 0 || BinaryPrimitives.ReadUInt16BigEndian(message[4..]) != 1)
        {
            return null;
        }

        StringBuilder name = new();
        int end = ReadName(message, name);
        return end < 0 || message.Length - end < 4 || BinaryPrimitives.ReadUInt16BigEndian(message[(end + 2)..]) != ClassInternet
            ? null
            : new(
                BinaryPrimitives.ReadUInt16BigEndian(message), (message[2] & 1) != 0, name.ToString(), BinaryPrimitives.ReadUInt16BigEndian(message[end..]), end + 4);
    }

    /// <summary>Four numbers of an address's reverse name; null: it is none.</summary>
    public uint? ReverseAddress()
    {
        const string suffix = ".in-addr.arpa";
        string[] parts = Name.EndsWith(suffix, StringComparison.Ordinal) ? Name[..^suffix.Length].Split('.') : [];
        Array.Reverse(parts);
        return parts.Length == 4 && Addresses.Ipv4.TryParse(string.Join('.', parts), out uint address) ? address : null;
    }

    /// <summary>A question has nothing before it that a pointer could point to: labels alone. Returns where it ends; -1: it is wrong.</summary>
    private static int ReadName(ReadOnlySpan<byte> message, StringBuilder name)
    {
        int at = HeaderSize;
        while (at < message.Length && at - HeaderSize < MaxName)
        {
            int length = message[at++];
            if (length == 0)
            {
                return at;
            }

            if (length > MaxLabel || length > message.Length - at || !TryAppend(message.Slice(at, length), name))
            {
                return -1;
            }

            at += length;
        }

        return -1;
    }

    /// <summary>Any byte may stand in a label; those that would read as something else in text make the name none of ours.</summary>
    private static bool TryAppend(ReadOnlySpan<byte> label, StringBuilder name)
    {
        name.Append(name.Length > 0 ? "." : "");
        foreach (byte b in label)
        {
            name.Append(b is > 0x20 and < 0x7f and not (byte)'.' ? char.ToLowerInvariant((char)b) : '?');
        }

        return true;
    }
}
