using System.Globalization;
using MicroVm.Images.Tests.Erofs;
using MicroVm.Images.Tests.Support;
using MicroVm.Images.Tests.Tar;

namespace MicroVm.Images.Tests.Layers;

/// <summary>Sparse files in every form of tar become holes that cost nothing.</summary>
public class SparseTests
{
    private const long TiB = 1L << 40;

    [Theory]
    [InlineData("0.0")]
    [InlineData("0.1")]
    [InlineData("1.0")]
    [InlineData("gnu")]
    public async Task FileIsAsItWas(string form)
    {
        (long Offset, byte[] Bytes)[] segments =
        [
            (0, TestImage.RandomBytes(1, 10)), (4000, TestImage.RandomBytes(2, 200)), (70_000, TestImage.RandomBytes(3, 5000)),
            (3_000_000, []), (9_999_990, TestImage.RandomBytes(4, 10)),
        ];
        byte[] file = new byte[10_000_000];
        Array.ForEach(segments, s => s.Bytes.CopyTo(file, s.Offset));

        using MergedImage image = await MergedImage.OfAsync(
            Sparse(new TarBuilder(), form, "sparse", file.Length, segments).File("after", "upper"));

        Assert.Equal("10000000", image["/sparse"].Size);
        Assert.Equal(FileFacts.Hash(file.Length, (offset, length) => file[(int)offset..((int)offset + length)]), image["/sparse"].Content);
        Assert.Equal("5", image["/after"].Size);
        Assert.InRange(DataLength(image), 1, 100_000);
    }

    [Theory]
    [InlineData("1.0")]
    [InlineData("gnu")]
    public async Task TebibytesOfHolesCostNothing(string form)
    {
        using MergedImage image = await MergedImage.OfAsync(
            Sparse(Sparse(new TarBuilder(), form, "hole", TiB, []), form, "largest", 16 * TiB, []),
            Sparse(new TarBuilder(), form, "middle", TiB, [((TiB / 2) + 12345, [1, 2, 3])]),
            Sparse(new TarBuilder(), form, "end", TiB + 5, [(TiB, [1, 2, 3, 4, 5])]));

        Assert.Equal((TiB + 5).ToString(CultureInfo.InvariantCulture), image["/end"].Size);
        byte[] middle = new byte[2 << 20];
        Assert.Equal(FileFacts.Hash(middle.Length, (_, length) => new byte[length]), image["/hole"].Content);
        Assert.NotEqual(image["/hole"].Content, image["/end"].Content);
        long onDisk = image.Disk.Extents.Sum(AllocatedBytes);
        Assert.InRange(onDisk, 1, 1 << 20);
    }

    [Fact]
    public async Task FileWithoutHolesIsStoredWhole()
    {
        byte[] content = TestImage.RandomBytes(5, 20_000);

        using MergedImage image = await MergedImage.OfAsync(
            Sparse(new TarBuilder(), "1.0", "a", content.Length, [(0, content[..7000]), (7000, content[7000..])]));

        Assert.Equal(FileFacts.Hash(content.Length, (_, _) => content), image["/a"].Content);
    }

    [Theory]
    [InlineData("0,5,3,5", 10, 10)] // overlapping
    [InlineData("5,5,0,5", 10, 10)] // out of order
    [InlineData("0,11", 10, 11)] // beyond the end
    [InlineData("0,-1", 10, 0)]
    [InlineData("-5,5", 10, 5)]
    [InlineData("0,5", 10, 6)] // more stored than mapped
    [InlineData("0,5", 10, 4)] // less
    [InlineData("9223372036854775807,9223372036854775807", 10, 10)]
    [InlineData("0,5,", 10, 5)]
    [InlineData("x,5", 10, 5)]
    [InlineData("0,5", 17592186044417, 5)] // over the limit of a file
    public async Task BadMapsAreRefused(string map, long size, int stored)
    {
        int count = (map.Split(',').Length + 1) / 2;
        TarBuilder tar = new TarBuilder()
            .Pax(("GNU.sparse.numblocks", $"{count}"), ("GNU.sparse.map", map), ("GNU.sparse.size", $"{size}"))
            .File("a", new byte[stored]);

        Assert.Contains("sparse", await MergedImage.RefusedAsync(tar), StringComparison.Ordinal);
    }

    [Fact]
    public async Task MapWithAHugeCountIsRefused()
    {
        TarBuilder tar = new TarBuilder()
            .Pax(("GNU.sparse.major", "1"), ("GNU.sparse.minor", "0"), ("GNU.sparse.realsize", "10"))
            .File("a", "999999999999\n" + string.Concat(Enumerable.Repeat("0\n", 300)));

        Assert.Contains("999999999999 segments", await MergedImage.RefusedAsync(tar), StringComparison.Ordinal);
    }

    internal static TarBuilder Sparse(TarBuilder tar, string form, string name, long size, (long Offset, byte[] Bytes)[] segments)
    {
        byte[] stored = [.. segments.SelectMany(s => s.Bytes)];
        string map = string.Join(',', segments.Select(s => $"{s.Offset},{s.Bytes.Length}"));
        switch (form)
        {
            case "0.0":
                return tar.Pax(
                    [("GNU.sparse.size", $"{size}"), ("GNU.sparse.numblocks", $"{segments.Length}"), .. segments.SelectMany(s =>
                        new[] { ("GNU.sparse.offset", $"{s.Offset}"), ("GNU.sparse.numbytes", $"{s.Bytes.Length}") })]).File(name, stored);
            case "0.1":
                return tar.Pax(
                    ("GNU.sparse.size", $"{size}"), ("GNU.sparse.numblocks", $"{segments.Length}"), ("GNU.sparse.map", map), ("GNU.sparse.name", name))
                    .File("GNUSparseFile.0/" + name, stored);
            case "1.0":
                byte[] lines = TarBuilder.Bytes($"{segments.Length}\n" + string.Concat(segments.Select(s => $"{s.Offset}\n{s.Bytes.Length}\n")));
                Array.Resize(ref lines, (lines.Length + 511) & ~511);
                return tar.Pax(("GNU.sparse.major", "1"), ("GNU.sparse.minor", "0"), ("GNU.sparse.name", name), ("GNU.sparse.realsize", $"{size}"))
                    .File("GNUSparseFile.0/" + name, [.. lines, .. stored]);
            default:
                return tar.Entry(GnuHeader(tar, name, size, stored.Length, segments)).Raw(GnuExtension(segments)).Raw(stored).Pad();
        }
    }

    private static byte[] GnuHeader(TarBuilder tar, string name, long size, int stored, (long Offset, byte[] Bytes)[] segments)
    {
        byte[] header = tar.Header(TarBuilder.Bytes(name), 'S', stored);
        "ustar  \0"u8.CopyTo(header.AsSpan(257));
        header.AsSpan(329, 183).Clear();
        PutEntries(header, 386, segments.Take(4));
        header[482] = segments.Length > 4 ? (byte)1 : (byte)0;
        TarBuilder.Number(header, 483, 12, size);
        return TarBuilder.Checksummed(header);
    }

    private static byte[] GnuExtension((long Offset, byte[] Bytes)[] segments)
    {
        if (segments.Length <= 4)
        {
            return [];
        }

        byte[] block = new byte[512];
        PutEntries(block, 0, segments.Skip(4));
        return block;
    }

    private static void PutEntries(byte[] block, int at, IEnumerable<(long Offset, byte[] Bytes)> segments)
    {
        foreach ((long offset, byte[] bytes) in segments)
        {
            TarBuilder.Number(block, at, 12, offset);
            TarBuilder.Number(block, at + 12, 12, bytes.Length);
            at += 24;
        }
    }

    private static long DataLength(MergedImage image) =>
        image.Disk.Extents.Where(extent => extent.EndsWith(".data", StringComparison.Ordinal)).Sum(AllocatedBytes);

    private static long AllocatedBytes(string file)
    {
        using var process = System.Diagnostics.Process.Start(
            new System.Diagnostics.ProcessStartInfo("stat", ["-c", "%b", file]) { RedirectStandardOutput = true })!;
        return 512 * long.Parse(process.StandardOutput.ReadToEnd(), CultureInfo.InvariantCulture);
    }
}
