using System.Buffers;
using System.Reflection;
using MicroVm.Protocol.Generated;
using MicroVm.Protocol.Messages;

namespace MicroVm.Protocol.Tests.Codec;

/// <summary>The C# codec against tests/vectors/messages.txt; the agent's codec is held to the same file.</summary>
public sealed class VectorTests
{
    public static TheoryData<string> Exact => Names("exact");

    public static TheoryData<string> Lenient => Names("lenient");

    public static TheoryData<string> Raw => Names("raw");

    public static TheoryData<string> Refused => Names("refuse");

    [Fact]
    public void EveryMessageHasVectors()
    {
        IEnumerable<string> messages = typeof(IMessage).Assembly.GetTypes()
            .Where(t => t.IsDefined(typeof(MessageAttribute))).Select(t => t.Name);
        Assert.Equal(messages.Order(), SampleMessages.All.Values.Select(s => s.Message.GetType().Name).Distinct().Order());
        Assert.Equal(SampleMessages.All.Keys.Order(), Vector.Of("exact").Select(v => v.Name).Order());
    }

    [Theory, MemberData(nameof(Exact))]
    public void AMessageIsItsBytes(string name)
    {
        (uint id, IMessage message) = SampleMessages.All[name];
        Assert.Equal(Convert.ToHexStringLower(Vector.Named(name).Bytes), Convert.ToHexStringLower(Encode(id, message)));
    }

    [Theory, MemberData(nameof(Exact))]
    public void ItsBytesAreTheMessage(string name)
    {
        Vector vector = Vector.Named(name);
        (uint expectedId, IMessage expected) = SampleMessages.All[name];
        foreach (Direction direction in vector.Directions)
        {
            IMessage decoded = MessageCodec.Decode(vector.Bytes, direction, out uint id);
            Assert.Equal(expectedId, id);
            Assert.Equivalent(expected, decoded, strict: true);
            Assert.Equal(expected.GetType(), decoded.GetType());
        }
    }

    [Theory, MemberData(nameof(Lenient))]
    public void OtherEncodingsOfAMessageAreUnderstood(string name)
    {
        Vector vector = Vector.Named(name);
        foreach (Direction direction in vector.Directions)
        {
            IMessage decoded = MessageCodec.Decode(vector.Bytes, direction, out uint id);
            Assert.Equal(Vector.Named(vector.Canonical!).Bytes, Encode(id, decoded));
        }
    }

    [Theory, MemberData(nameof(Raw))]
    public void BytesThatAreNoTextAreReplaced(string name)
    {
        Vector vector = Vector.Named(name);
        IMessage decoded = MessageCodec.Decode(vector.Bytes, vector.Directions.First(), out _);
        Assert.Contains("\uFFFD", decoded.ToString(), StringComparison.Ordinal);
    }

    [Theory, MemberData(nameof(Refused))]
    public void WhatIsNoMessageIsRefused(string name)
    {
        Vector vector = Vector.Named(name);
        foreach (Direction direction in vector.Directions)
        {
            Assert.Throws<ProtocolException>(() => MessageCodec.Decode(vector.Bytes, direction, out _));
        }
    }

    [Theory, MemberData(nameof(Exact))]
    public void TheOtherDirectionIsRefused(string name)
    {
        Vector vector = Vector.Named(name);
        foreach (Direction direction in ((Direction[])[Direction.HostToGuest, Direction.GuestToHost]).Except(vector.Directions))
        {
            Assert.Throws<ProtocolException>(() => MessageCodec.Decode(vector.Bytes, direction, out _));
        }
    }

    [Theory, MemberData(nameof(Exact))]
    public void APartOfAMessageIsRefused(string name)
    {
        Vector vector = Vector.Named(name);
        int step = 1 + (vector.Bytes.Length / 400);
        for (int length = 0; length < vector.Bytes.Length; length += step)
        {
            byte[] part = vector.Bytes[..length];
            Assert.Throws<ProtocolException>(() => MessageCodec.Decode(part, vector.Directions.First(), out _));
        }
    }

    private static TheoryData<string> Names(string kind) => [.. Vector.Of(kind).Select(v => v.Name)];

    private static byte[] Encode(uint id, IMessage message)
    {
        var output = new ArrayBufferWriter<byte>();
        MessageCodec.Encode(output, id, message);
        return output.WrittenSpan.ToArray();
    }
}
