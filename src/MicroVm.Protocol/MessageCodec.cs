using System.Text;
using MicroVm.Protocol.MessagePack;
using MicroVm.Protocol.Messages;

namespace MicroVm.Protocol.Generated;

/// <summary>What the generated codec has in common.</summary>
public static partial class MessageCodec
{
    /// <summary>Reads the payload of a frame. Throws <see cref="ProtocolException"/> for anything malformed.</summary>
    /// <param name="from">Which end sent it: a message that only the other end may send is refused.</param>
    public static IMessage Decode(ReadOnlySpan<byte> payload, Direction from, out uint id)
    {
        var reader = new MessagePackReader(payload);
        int count = reader.ReadArrayHeader(int.MaxValue) - 2;
        uint type = reader.ReadUInt32();
        id = reader.ReadUInt32();
        IMessage message = DecodeFields(type <= byte.MaxValue ? (byte)type : (byte)0, from, ref reader, count);
        reader.ExpectEnd();
        return message;
    }

    private static void Head(MessagePackWriter writer, byte type, uint id, int fields)
    {
        writer.WriteArrayHeader(2 + fields);
        writer.Write((ulong)type);
        writer.Write((ulong)id);
    }

    private static int Later(int count, int known) =>
        count >= known ? count - known : throw new ProtocolException($"a message of {count} fields, not {known}");

    private static void Text(MessagePackWriter writer, string value, int limit, string name)
    {
        Check(Encoding.UTF8.GetByteCount(value), limit, name);
        if (value.Contains('\0', StringComparison.Ordinal))
        {
            throw new ArgumentException($"{name} has a NUL character");
        }

        writer.Write(value);
    }

    private static void Binary(MessagePackWriter writer, byte[] value, int limit, string name)
    {
        Check(value.Length, limit, name);
        writer.Write(value.AsSpan());
    }

    private static void TextList(MessagePackWriter writer, IReadOnlyList<string> values, int limit, int elementLimit, string name)
    {
        Count(writer, values.Count, limit, name);
        foreach (string value in values)
        {
            Text(writer, value, elementLimit, name);
        }
    }

    private static void Count(MessagePackWriter writer, int count, int limit, string name)
    {
        Check(count, limit, name);
        writer.WriteArrayHeader(count);
    }

    private static void Check(int length, int limit, string name)
    {
        if (length > limit)
        {
            throw new ArgumentException($"{name} is too long: {length}, at most {limit}");
        }
    }

    private static string[] ReadTextList(ref MessagePackReader reader, int limit, int elementLimit)
    {
        var values = new string[reader.ReadArrayHeader(limit)];
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = reader.ReadString(elementLimit);
        }

        return values;
    }
}
