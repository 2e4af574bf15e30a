using System.Diagnostics;
using MicroVm.Images.Compression;
using MicroVm.Images.Tests.Support;

namespace MicroVm.Images.Tests.Compression;

public class DecompressionTests
{
    // Compressible, and larger than every buffer on the way.
    private static readonly byte[] s_content = [.. Enumerable.Range(0, 3_000_000).Select(i => (byte)(i / 7 * (i % 13)))];

    public static TheoryData<string> Tools => ["gzip", "zstd", "xz", "bzip2"];

    [Theory]
    [MemberData(nameof(Tools))]
    public async Task RoundTrip(string tool) => Assert.Equal(s_content, await ReadAsync(Compress(tool, s_content)));

    [Fact]
    public async Task UncompressedPassesThrough() => Assert.Equal(s_content, await ReadAsync(s_content));

    [Fact]
    public async Task EmptyAndShortStreamsPassThrough()
    {
        Assert.Empty(await ReadAsync([]));
        Assert.Equal([0x1F], await ReadAsync([0x1F]));
    }

    [Theory]
    [MemberData(nameof(Tools))]
    public async Task EmptyContent(string tool) => Assert.Empty(await ReadAsync(Compress(tool, [])));

    [Theory]
    [MemberData(nameof(Tools))]
    public async Task StreamsOneAfterTheOther(string tool) => Assert.Equal(
        [.. s_content, 1, 2, .. s_content],
        await ReadAsync([.. Compress(tool, s_content), .. Compress(tool, [1, 2]), .. Compress(tool, s_content)]));

    [Theory]
    [MemberData(nameof(Tools))]
    public async Task CutStreamIsInvalid(string tool)
    {
        byte[] packed = Compress(tool, s_content);
        foreach (int length in new[] { 6, 40, packed.Length / 2, packed.Length - 1 })
        {
            ImageException error = await Assert.ThrowsAsync<ImageException>(() => ReadAsync(packed[..length]));
            Assert.Equal(ImageErrorKind.Invalid, error.Kind);
        }
    }

    [Fact]
    public async Task EveryCutOfGzipIsNoticed()
    {
        byte[] packed = Compress("gzip", s_content[..20_000]);
        for (int length = CompressionMagic.Length; length < packed.Length; length++)
        {
            await Assert.ThrowsAsync<ImageException>(() => ReadAsync(packed[..length]));
        }
    }

    [Fact]
    public async Task GarbageAfterGzipIsInvalid() =>
        await Assert.ThrowsAsync<ImageException>(() => ReadAsync([.. Compress("gzip", s_content), 1, 2, 3]));

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(16)]
    [InlineData(17)]
    [InlineData(100_000)]
    public async Task BuffersOfAnySizeDo(int size)
    {
        byte[] content = s_content[..50_001];
        await using Decompression stream = await Decompression.OpenAsync(
            new OneWayStream(Compress("gzip", content)), long.MaxValue, CancellationToken.None);
        using var output = new MemoryStream();
        await stream.CopyToAsync(output, size);
        Assert.Equal(content, output.ToArray());
    }

    [Theory]
    [MemberData(nameof(Tools))]
    public async Task DamagedStreamIsInvalidOrAsItWas(string tool)
    {
        byte[] packed = Compress(tool, TestImage.RandomBytes(5, 20_000));
        var random = new Random(99);
        for (int i = 0; i < 200; i++)
        {
            byte[] damaged = (byte[])packed.Clone();
            damaged[random.Next(6, damaged.Length)] ^= (byte)(1 << random.Next(8));
            try
            {
                // Some bits don't matter: gzip's header has a time and a name.
                Assert.Equal(TestImage.RandomBytes(5, 20_000), await ReadAsync(damaged));
            }
            catch (ImageException e)
            {
                Assert.Equal(ImageErrorKind.Invalid, e.Kind);
            }
        }
    }

    [Fact]
    public async Task SkippableFramesOfZstdAreLeftOut()
    {
        byte[] skippable = [0x53, 0x2A, 0x4D, 0x18, 3, 0, 0, 0, 9, 9, 9];
        byte[] packed = Compress("zstd", s_content);
        Assert.Equal(s_content, await ReadAsync([.. skippable, .. packed]));
        Assert.Equal(s_content, await ReadAsync([.. packed, .. skippable]));
    }

    [Fact]
    public async Task ZstdWindowIsBounded()
    {
        // Magic, a frame header without content size, and a window of 2^31 bytes (RFC 8878, 3.1.1.1.2).
        byte[] frame = [0x28, 0xB5, 0x2F, 0xFD, 0x00, 21 << 3, 0x01, 0x00, 0x00];
        ImageException error = await Assert.ThrowsAsync<ImageException>(() => ReadAsync(frame));
        Assert.Contains("too much memory", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Tools))]
    public async Task LimitEndsABomb(string tool)
    {
        byte[] bomb = Compress(tool, new byte[5_000_000]);
        ImageException error = await Assert.ThrowsAsync<ImageException>(() => ReadAsync(bomb, limit: 1_000_000));
        Assert.Equal("the uncompressed data is larger than the limit of 1000000 bytes", error.Message);
    }

    private static async Task<byte[]> ReadAsync(byte[] packed, long limit = long.MaxValue)
    {
        await using Decompression content = await Decompression.OpenAsync(new OneWayStream(packed), limit, CancellationToken.None);
        using var output = new MemoryStream();
        await content.CopyToAsync(output);
        Assert.Equal(0, await content.ReadAsync(new byte[10]));
        return output.ToArray();
    }

    internal static byte[] Compress(string tool, byte[] content)
    {
        var start = new ProcessStartInfo(tool, "-c") { RedirectStandardInput = true, RedirectStandardOutput = true };
        using Process process = Process.Start(start)!;
        Task feeding = Task.Run(() =>
        {
            process.StandardInput.BaseStream.Write(content);
            process.StandardInput.Close();
        });
        using var output = new MemoryStream();
        process.StandardOutput.BaseStream.CopyTo(output);
        feeding.GetAwaiter().GetResult();
        process.WaitForExit();
        Assert.Equal(0, process.ExitCode);
        return output.ToArray();
    }
}
