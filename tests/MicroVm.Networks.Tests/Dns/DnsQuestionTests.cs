using MicroVm.Networks.Dns;

namespace MicroVm.Networks.Tests.Dns;

public sealed class DnsQuestionTests
{
    [Fact]
    public void AQuestionIsRead()
    {
        byte[] query = Query.Of("Web.Example", 28, id: 0xbeef);
        Assert.Equal(new DnsQuestion(0xbeef, true, "web.example", 28, query.Length), DnsQuestion.TryRead(query));
    }

    [Fact]
    public void AReverseNameIsAnAddress()
    {
        Assert.Equal((10u << 24) + 2, DnsQuestion.TryRead(Query.Of("2.0.0.10.in-addr.arpa", 12))!.ReverseAddress());
        Assert.Null(DnsQuestion.TryRead(Query.Of("256.0.0.10.in-addr.arpa", 12))!.ReverseAddress());
        Assert.Null(DnsQuestion.TryRead(Query.Of("1.2.0.0.10.in-addr.arpa", 12))!.ReverseAddress());
        Assert.Null(DnsQuestion.TryRead(Query.Of("web", 12))!.ReverseAddress());
    }

    [Theory]
    [InlineData(2, 0x80)] // An answer.
    [InlineData(2, 0x10)] // Another operation.
    [InlineData(5, 0)] // No question.
    [InlineData(5, 2)] // Two.
    [InlineData(12, 0xc0)] // A pointer.
    [InlineData(12, 64)] // A label that is too long.
    [InlineData(12, 60)] // One that goes over the end.
    public void WhatIsNoQuestionIsRefused(int at, byte value)
    {
        byte[] query = Query.Of("web", 1);
        query[at] = value;
        Assert.Null(DnsQuestion.TryRead(query));
    }

    [Fact]
    public void ALongNameIsRefused() =>
        Assert.Null(DnsQuestion.TryRead(Query.Of(string.Join('.', Enumerable.Repeat(new string('a', 50), 6)), 1)));

    /// <summary>Whatever comes, the answer is one or none, never a fault, and never longer than UDP takes.</summary>
    [Fact]
    public void DamagedQuestionsDoNoHarm()
    {
        Random random = new(42);
        for (int round = 0; round < 200_000; round++)
        {
            byte[] query = Query.Of("alpha.beta.gamma", (ushort)random.Next(300));
            for (int change = random.Next(4); change > 0; change--)
            {
                query[random.Next(query.Length)] = (byte)random.Next(256);
            }

            ReadOnlySpan<byte> message = query.AsSpan(0, random.Next(query.Length + 1));
            byte[]? answer = DnsQuestion.TryRead(message) is { } question
                ? DnsReply.Addresses(message, question, [1, 2, 3, .. Enumerable.Range(4, 40).Select(n => (uint)n)])
                : DnsReply.Malformed(message);
            Assert.InRange(answer?.Length ?? 0, 0, 512);
            Assert.True(answer is null || answer.AsSpan(0, 2).SequenceEqual(message[..2]));
        }
    }
}
