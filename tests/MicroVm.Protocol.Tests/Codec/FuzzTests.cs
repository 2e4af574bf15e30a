using System.Buffers;
using MicroVm.Protocol.Generated;
using MicroVm.Protocol.MessagePack;
using MicroVm.Protocol.Messages;

namespace MicroVm.Protocol.Tests.Codec;

/// <summary>Whatever bytes come, a decoder returns a message or throws <see cref="ProtocolException"/>. Seeded and bounded.</summary>
public sealed class FuzzTests
{
    private const int Rounds = 20_000;

    [Theory, InlineData(1), InlineData(2), InlineData(3)]
    public void ChangedMessagesAreRefusedOrUnderstood(int seed)
    {
        var random = new Random(seed);
        byte[][] corpus = [.. Vector.All.Select(v => v.Bytes).Where(b => b.Length is > 0 and < 2000)];
        int understood = 0;
        for (int i = 0; i < Rounds; i++)
        {
            byte[] bytes = Mutation.Of(corpus[random.Next(corpus.Length)], random);
            foreach (Direction direction in (Direction[])[Direction.HostToGuest, Direction.GuestToHost])
            {
                understood += TryDecode(bytes, direction) ? 1 : 0;
            }
        }

        Assert.InRange(understood, 1, (2 * Rounds) - 1);
    }

    [Theory, InlineData(4), InlineData(5)]
    public void RandomBytesAreRefusedOrUnderstood(int seed)
    {
        var random = new Random(seed);
        for (int i = 0; i < Rounds; i++)
        {
            byte[] bytes = new byte[random.Next(64)];
            random.NextBytes(bytes);
            if (bytes.Length > 2 && random.Next(2) == 0)
            {
                (bytes[0], bytes[1]) = ((byte)(0x90 | random.Next(16)), (byte)random.Next(24));
            }

            TryDecode(bytes, Direction.HostToGuest);
            TryDecode(bytes, Direction.GuestToHost);
        }
    }

    [Theory, InlineData(6), InlineData(7)]
    public void EveryReadOfRandomBytesEnds(int seed)
    {
        var random = new Random(seed);
        byte[] bytes = new byte[32];
        for (int i = 0; i < Rounds; i++)
        {
            random.NextBytes(bytes);
            bytes[0] = (byte)(i % 256);
            var reader = new MessagePackReader(bytes);
            try
            {
                Read(ref reader, random.Next(8));
            }
            catch (ProtocolException)
            {
                // What these bytes deserve.
            }

            Assert.InRange(reader.Remaining, 0, bytes.Length);
        }
    }

    private static void Read(ref MessagePackReader reader, int kind)
    {
        switch (kind)
        {
            case 0: reader.ReadBoolean(); break;
            case 1: reader.ReadUInt32(); break;
            case 2: reader.ReadUInt64(); break;
            case 3: reader.ReadInt32(); break;
            case 4: reader.ReadString(16); break;
            case 5: reader.ReadBinary(16); break;
            case 6: reader.ReadArrayHeader(16); break;
            default: reader.SkipValues(3, ProtocolLimits.MaxDepth); break;
        }
    }

    private static bool TryDecode(byte[] bytes, Direction direction)
    {
        try
        {
            IMessage message = MessageCodec.Decode(bytes, direction, out uint id);

            // What was understood fits every limit, so it can be sent on; but for bytes that are no UTF-8, which grow.
            if (!message.ToString()!.Contains('\uFFFD', StringComparison.Ordinal))
            {
                MessageCodec.Encode(new ArrayBufferWriter<byte>(), id, message);
            }

            return true;
        }
        catch (ProtocolException)
        {
            return false;
        }
    }
}
