using System.Text;
using MicroVm.Images.Tests.Tar;

namespace MicroVm.Images.Tests.Layers;

/// <summary>
/// Mutated archives, the same ones every time. Each is refused as invalid or becomes a root disk that the strict reader
/// accepts; anything else is a fault.
/// </summary>
public class FuzzTests
{
    private const int BlockSize = 512;
    private const int Rounds = 150;
    private static readonly long[] s_numbers = [0, 1, -1, 511, 513, 4095, 4097, int.MaxValue, uint.MaxValue, 1L << 44, long.MaxValue, long.MinValue];

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public async Task MutatedLayersAreRefusedOrWhole(int seed)
    {
        var random = new Random(seed);
        byte[] lower = Seed().ToArray();
        int accepted = 0;
        for (int round = 0; round < Rounds; round++)
        {
            byte[] mutant = Mutate(lower, random);
            accepted += await IsAcceptedAsync(lower, mutant, $"seed {seed} round {round}") ? 1 : 0;
        }

        // Both must happen, or the mutations are too mild or too wild to find anything.
        Assert.InRange(accepted, Rounds / 20, Rounds - (Rounds / 20));
    }

    [Fact]
    public async Task MutatedVectorsAreRefusedOrWhole()
    {
        var random = new Random(5);
        foreach (string file in Directory.EnumerateFiles(GoVectorTests.RequireTestData(), "*.tar").Order(StringComparer.Ordinal))
        {
            byte[] vector = await File.ReadAllBytesAsync(file);
            for (int round = 0; round < 8; round++)
            {
                await IsAcceptedAsync([], Mutate(vector, random), $"{file} round {round}");
            }
        }
    }

    private static async Task<bool> IsAcceptedAsync(byte[] lower, byte[] upper, string what)
    {
        Exception? error = await Record.ExceptionAsync(async () => (await MergedImage.OfAsync(lower, upper)).Dispose());
        Assert.True(error is null or ImageException { Kind: ImageErrorKind.Invalid }, $"{what}: {error}");
        return error is null;
    }

    private static TarBuilder Seed() => new TarBuilder()
        .Directory("./").Directory("d", xattrs: [("user.x", [1, 2, 3])]).File("d/f", new byte[5000], xattrs: [("security.capability", new byte[20])])
        .Symlink("l", "d").File("l/g", "1").HardLink("h", "d/f").Device("n", '3', 1, 3).Fifo("p")
        .Pax(("mtime", "-1.5"), ("uid", "70000"), ("path", "d/long")).File("x", "1")
        .Long('L', TarBuilder.Bytes("d/" + new string('n', 150))).File("x", "1").Long('K', TarBuilder.Bytes("d/g")).HardLink("k", "x")
        .Pax(("GNU.sparse.numblocks", "2"), ("GNU.sparse.map", "0,5,9000,3"), ("GNU.sparse.size", "20000")).File("s", "12345678")
        .File("d/.wh.f", "").File("w/.wh..wh..opq", "").Pax(("LIBARCHIVE.xattr.user.y", "AAEC")).File("e", "");

    private static byte[] Mutate(byte[] archive, Random random)
    {
        byte[] mutant = [.. archive];
        for (int i = random.Next(1, 4); i > 0; i--)
        {
            mutant = random.Next(7) switch
            {
                0 => FlipBits(mutant, random),
                1 => mutant[..random.Next(mutant.Length)],
                2 => Splice(mutant, archive, random),
                3 => EditRecord(mutant, random),
                _ => EditHeader(mutant, random),
            };
        }

        return mutant;
    }

    private static byte[] FlipBits(byte[] bytes, Random random)
    {
        for (int i = random.Next(1, 5); i > 0 && bytes.Length > 0; i--)
        {
            bytes[random.Next(bytes.Length)] ^= (byte)(1 << random.Next(8));
        }

        return bytes;
    }

    /// <summary>Blocks of one archive within the other.</summary>
    private static byte[] Splice(byte[] bytes, byte[] other, Random random)
    {
        int at = random.Next((bytes.Length / BlockSize) + 1) * BlockSize;
        int from = random.Next(other.Length / BlockSize) * BlockSize;
        int length = Math.Min(random.Next(1, 6) * BlockSize, other.Length - from);
        return [.. bytes[..at], .. other[from..(from + length)], .. bytes[at..]];
    }

    /// <summary>A header's type, size or other number, or name, with a checksum that matches.</summary>
    private static byte[] EditHeader(byte[] bytes, Random random)
    {
        int[] headers = [.. Enumerable.Range(0, bytes.Length / BlockSize).Where(i => bytes.AsSpan((i * BlockSize) + 257, 5).SequenceEqual("ustar"u8))];
        if (headers.Length == 0)
        {
            return bytes;
        }

        int start = headers[random.Next(headers.Length)] * BlockSize;
        byte[] header = bytes[start..(start + BlockSize)];
        switch (random.Next(4))
        {
            case 0:
                header[156] = "0123456789xgLKSVM\0"u8[random.Next(18)];
                break;
            case 1:
                (int at, int length) = new[] { (100, 8), (108, 8), (116, 8), (124, 12), (136, 12), (329, 8), (337, 8) }[random.Next(7)];
                TarBuilder.Number(header, at, length, s_numbers[random.Next(s_numbers.Length)]);
                break;
            case 2:
                byte[] name = Names(random);
                header.AsSpan(random.Next(2) == 0 ? 0 : 157, 100).Clear();
                name.CopyTo(header.AsSpan(random.Next(2) == 0 ? 0 : 157));
                break;
            default:
                FlipBits(header, random);
                break;
        }

        TarBuilder.Checksummed(header).CopyTo(bytes, start);
        return bytes;
    }

    private static byte[] Names(Random random) => TarBuilder.Bytes(string.Join('/', Enumerable.Range(0, random.Next(1, 4)).Select(
        _ => new[] { "d", "l", "..", ".", "", ".wh.d", ".wh..wh..opq", "h", "f", ".wh." }[random.Next(10)])));

    /// <summary>Another digit or letter in a PAX record, whose length stays right.</summary>
    private static byte[] EditRecord(byte[] bytes, Random random)
    {
        int at = Encoding.Latin1.GetString(bytes).IndexOf("GNU.sparse", StringComparison.Ordinal);
        if (at >= 0 && at + 80 < bytes.Length)
        {
            bytes[at + random.Next(80)] = (byte)"0123456789,-=\n\0x"[random.Next(16)];
        }

        return bytes;
    }
}
