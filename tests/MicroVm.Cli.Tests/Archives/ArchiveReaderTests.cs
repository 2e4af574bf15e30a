using System.Text;
using MicroVm.Cli.Archives;

namespace MicroVm.Cli.Tests.Archives;

public sealed class ArchiveReaderTests
{
    private static readonly byte[] s_odd = [0xff, (byte)'\n', (byte)'='];

    [Fact]
    public void WhatTheWriterWritesComesBack()
    {
        var entry = new ArchiveEntry
        {
            Kind = ArchiveKind.Symlink,
            Name = [.. Enumerable.Repeat((byte)'n', 3000), .. s_odd],
            Target = [.. Enumerable.Repeat((byte)'t', 101)],
            Mode = 0x9ED,
            UserId = 4_000_000_000,
            GroupId = 3_000_000,
            ModifiedSeconds = -3,
            ModifiedNanoseconds = 250_000_000,
            Attributes = [("user.a"u8.ToArray(), s_odd)],
        };
        ArchiveEntry back = Read(Write(entry))!;
        Assert.Equal(entry.Name, back.Name);
        Assert.Equal(entry.Target, back.Target);
        Assert.Equal((entry.Mode, entry.UserId, entry.GroupId), (back.Mode, back.UserId, back.GroupId));
        Assert.Equal((-3L, 250_000_000), (back.ModifiedSeconds, back.ModifiedNanoseconds));
        Assert.Equal(s_odd, Assert.Single(back.Attributes).Value);
    }

    [Fact]
    public void ALargeSizeComesBack() => Assert.Equal(1L << 40, Read(Write(new() { Kind = ArchiveKind.File, Name = "x"u8.ToArray(), Mode = 0, Size = 1L << 40 }))!.Size);

    [Theory]
    [InlineData("12 path=abc\n", true)]
    [InlineData("13 path=abc\n", false)]
    [InlineData("5 path=abc\n", false)]
    [InlineData("x path=abc\n", false)]
    [InlineData("12 path~abc\n", false)]
    [InlineData("12 path=a\0c\n", false)]
    [InlineData("11 size=-1\n", false)]
    [InlineData("13 mtime=1.5\n", true)]
    [InlineData("14 mtime=1.5.\n", false)]
    [InlineData("22 GNU.sparse.major=1\n", false)]
    [InlineData("999999999 path=abc\n", false)]
    public void ExtendedHeadersAreChecked(string records, bool valid)
    {
        byte[] content = Encoding.UTF8.GetBytes(records);
        byte[] archive = [.. Write(new() { Kind = (ArchiveKind)'x', Name = "p"u8.ToArray(), Mode = 0, Size = content.Length }), .. content,
            .. new byte[-content.Length & 511], .. Write(new() { Kind = ArchiveKind.File, Name = "f"u8.ToArray(), Mode = 0 })];
        if (valid)
        {
            Assert.NotNull(Read(archive));
        }
        else
        {
            Assert.Throws<CliException>(() => Read(archive));
        }
    }

    [Fact]
    public void DamageIsTold()
    {
        byte[] archive = Write(new() { Kind = ArchiveKind.File, Name = "x"u8.ToArray(), Mode = 0, Size = 700 });
        Assert.Throws<CliException>(() => Read(archive[..100]));
        archive[0] ^= 1;
        Assert.Throws<CliException>(() => Read(archive));
        Assert.Null(Read([]));
        Assert.Null(Read(new byte[1024]));
    }

    [Fact]
    public void NoBytesAreTooOddForIt()
    {
        var random = new Random(1);
        byte[] valid = [.. Write(new() { Kind = (ArchiveKind)'x', Name = "p"u8.ToArray(), Mode = 0, Size = 12 }), .. "12 path=abc\n"u8, .. new byte[500],
            .. Write(new() { Kind = ArchiveKind.File, Name = "f"u8.ToArray(), Mode = 0, Size = 3 }), .. new byte[512]];
        for (int run = 0; run < 20_000; run++)
        {
            byte[] bytes = [.. valid];
            for (int change = 0; change < 3; change++)
            {
                bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            }

            try
            {
                _ = Read(Summed(bytes));
            }
            catch (CliException)
            {
                // In words.
            }
        }
    }

    /// <summary>With right checksums, so that more than those is tried.</summary>
    private static byte[] Summed(byte[] bytes)
    {
        for (int block = 0; block + 512 <= bytes.Length; block += 1024)
        {
            Span<byte> header = bytes.AsSpan(block, 512);
            header.Slice(148, 8).Fill((byte)' ');
            int sum = 0;
            foreach (byte b in header)
            {
                sum += b;
            }

            Encoding.ASCII.GetBytes(Convert.ToString(sum, 8).PadLeft(6, '0') + "\0").CopyTo(header[148..]);
        }

        return bytes;
    }

    private static byte[] Write(ArchiveEntry entry)
    {
        using var bytes = new MemoryStream();
        var writer = new ArchiveWriter(part => bytes.Write(part.Span));
        writer.Add(entry);
        writer.Finish();
        return bytes.ToArray()[..^1024];
    }

    private static ArchiveEntry? Read(byte[] archive)
    {
        using var stream = new MemoryStream(archive);
        var reader = new ArchiveReader(buffer => stream.Read(buffer.Span[..Math.Min(buffer.Length, 100)]));
        ArchiveEntry? first = reader.Next();
        byte[] content = new byte[64];
        while (first is not null && first.Size < 1 << 20 && reader.Read(content) > 0)
        {
        }

        return first;
    }
}
