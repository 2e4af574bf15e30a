using MicroVm.Images.Compression;

namespace MicroVm.Images.Tests.Tar;

/// <summary>The archives that Go's archive/tar, which Docker and containerd read layers with, is tested by.</summary>
public class GoVectorTests
{
    private const string TestData = "/usr/share/go-1.19/src/archive/tar/testdata";

    public static TheoryData<string> Names => [.. GoVectors.Expected.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task ReadsAsGoDoes(string name)
    {
        byte[] archive = await ReadVectorAsync(name);

        string expected = GoVectors.Expected[name];
        if (expected.StartsWith('!'))
        {
            ImageException error = await Assert.ThrowsAsync<ImageException>(() => TarListing.ReadAsync(archive));
            Assert.Equal(ImageErrorKind.Invalid, error.Kind);
            Assert.Contains(expected[1..], error.Message, StringComparison.Ordinal);
        }
        else
        {
            Assert.Equal(expected, await TarListing.ReadAsync(archive));
        }
    }

    [Fact]
    public void EveryVectorIsTested() => Assert.Equal(
        Directory.EnumerateFiles(RequireTestData(), "*.tar*").Select(Path.GetFileName).Order(StringComparer.Ordinal),
        GoVectors.Expected.Keys.Order(StringComparer.Ordinal));

    internal static string RequireTestData()
    {
        Assert.True(Directory.Exists(TestData), $"{TestData} is missing: install Debian's package golang-1.19-src");
        return TestData;
    }

    internal static async Task<byte[]> ReadVectorAsync(string name)
    {
        await using FileStream file = File.OpenRead(Path.Combine(RequireTestData(), name));
        await using Decompression content = await Decompression.OpenAsync(file, 1 << 26, CancellationToken.None);
        using var archive = new MemoryStream();
        await content.CopyToAsync(archive);
        return archive.ToArray();
    }
}
