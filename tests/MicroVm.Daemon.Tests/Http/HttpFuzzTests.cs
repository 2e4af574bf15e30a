using System.Buffers;
using System.Text;
using MicroVm.Daemon.Http;

namespace MicroVm.Daemon.Tests.Http;

/// <summary>Seeded, so that a failure comes again: the seed is in the message.</summary>
public class HttpFuzzTests
{
    private const string Sample =
        "POST /v1.50/containers/x%2Fy/wait?condition=removed&a=%5B1%5D HTTP/1.1\r\nHost: api.moby.localhost\r\n"
        + "User-Agent: Docker-Client/28.2.2 (linux)\r\nConnection: Upgrade\r\nUpgrade: tcp\r\nContent-Length: 12\r\n"
        + "Transfer-Encoding: chunked\r\nExpect: 100-continue\r\n\r\n";

    private static readonly HttpLimits s_limits = new() { MaxRequestLine = 200, MaxHeaders = 400, MaxHeaderCount = 8 };

    [Fact]
    public void Mutated_heads_parse_or_are_refused_and_however_they_are_cut_alike()
    {
        for (int seed = 0; seed < 20_000; seed++)
        {
            var random = new Random(seed);
            byte[] bytes = Mutate(Encoding.Latin1.GetBytes(Sample), random);
            string whole = Outcome(new ReadOnlySequence<byte>(bytes));
            string cut = OutcomePiecemeal(bytes, random);
            Assert.True(whole == cut, $"seed {seed}: whole '{whole}', piecemeal '{cut}'");
        }
    }

    [Fact]
    public void Chunked_bodies_round_trip_however_they_are_cut()
    {
        for (int seed = 0; seed < 3_000; seed++)
        {
            var random = new Random(seed);
            byte[] body = new byte[random.Next(3000)];
            random.NextBytes(body);
            byte[] encoded = Encode(body, random);
            byte[] next = [.. encoded, .. "GET /"u8];
            (byte[] decoded, long used, bool done) = Decode(next, random);
            Assert.True(done && decoded.AsSpan().SequenceEqual(body) && used == encoded.Length, $"seed {seed}");
        }
    }

    [Fact]
    public void Mutated_chunks_are_decoded_or_refused()
    {
        int refused = 0;
        for (int seed = 0; seed < 20_000; seed++)
        {
            var random = new Random(seed);
            byte[] body = new byte[random.Next(60)];
            byte[] encoded = Mutate(Encode(body, random), random);
            try
            {
                (byte[] decoded, long used, _) = Decode(encoded, random);
                Assert.True(decoded.Length <= encoded.Length && used <= encoded.Length, $"seed {seed}");
            }
            catch (MalformedRequestException)
            {
                refused++;
            }
        }

        Assert.InRange(refused, 1000, 19_999);
    }

    private static string Outcome(in ReadOnlySequence<byte> buffer)
    {
        try
        {
            var scanner = new RequestHeadScanner(s_limits);
            return scanner.TryFindEnd(buffer, out long length)
                ? Describe(RequestHeadParser.Parse(buffer.Slice(0, length).ToArray(), s_limits))
                : "more";
        }
        catch (MalformedRequestException e)
        {
            return e.Message;
        }
    }

    private static string OutcomePiecemeal(byte[] bytes, Random random)
    {
        var scanner = new RequestHeadScanner(s_limits);
        try
        {
            for (int end = 0; end < bytes.Length;)
            {
                end = Math.Min(bytes.Length, end + random.Next(1, 40));
                ReadOnlySequence<byte> buffer = Segments.Cut(bytes.AsMemory(0, end), random);
                if (scanner.TryFindEnd(buffer, out long length))
                {
                    return Describe(RequestHeadParser.Parse(buffer.Slice(0, length).ToArray(), s_limits));
                }
            }

            return "more";
        }
        catch (MalformedRequestException e)
        {
            return e.Message;
        }
    }

    private static string Describe(RequestHead head) =>
        $"{head.Method} {head.Target.Path} {head.Target.Query} {head.ContentLength} {head.IsChunked} {head.Headers.Count}";

    private static byte[] Mutate(byte[] bytes, Random random)
    {
        var list = new List<byte>(bytes);
        for (int i = random.Next(4); i > 0 && list.Count > 0; i--)
        {
            int at = random.Next(list.Count);
            switch (random.Next(4))
            {
                case 0:
                    list[at] = (byte)random.Next(256);
                    break;
                case 1:
                    list.RemoveRange(at, Math.Min(list.Count - at, random.Next(1, 30)));
                    break;
                case 2:
                    list.InsertRange(at, "\r\n \t:;0%"u8.ToArray().Skip(random.Next(8)).Take(random.Next(1, 3)));
                    break;
                default:
                    list.InsertRange(at, Enumerable.Repeat((byte)random.Next(256), random.Next(500)));
                    break;
            }
        }

        return [.. list];
    }

    private static byte[] Encode(byte[] body, Random random)
    {
        using var encoded = new MemoryStream();
        for (int at = 0; at < body.Length;)
        {
            int count = Math.Min(body.Length - at, random.Next(1, 700));
            encoded.Write(Encoding.ASCII.GetBytes($"{count:x}{(random.Next(3) == 0 ? ";a=b" : "")}\r\n"));
            encoded.Write(body, at, count);
            encoded.Write("\r\n"u8);
            at += count;
        }

        encoded.Write("0\r\n"u8);
        encoded.Write(random.Next(2) == 0 ? "Digest: x\r\n"u8 : ""u8);
        encoded.Write("\r\n"u8);
        return encoded.ToArray();
    }

    private static (byte[] Decoded, long Used, bool Done) Decode(byte[] bytes, Random random)
    {
        var decoder = new ChunkedDecoder();
        using var decoded = new MemoryStream();
        byte[] output = new byte[random.Next(1, 900)];
        long used = 0;
        int available = 0;
        while (true)
        {
            ReadOnlySequence<byte> input = Segments.Cut(bytes.AsMemory((int)used, available - (int)used), random);
            long before = input.Length;
            int count = decoder.Decode(ref input, output);
            used += before - input.Length;
            decoded.Write(output, 0, count);
            if (decoder.IsDone || (count == 0 && available == bytes.Length))
            {
                return (decoded.ToArray(), used, decoder.IsDone);
            }

            available = Math.Min(bytes.Length, available + random.Next(0, 300));
        }
    }
}
