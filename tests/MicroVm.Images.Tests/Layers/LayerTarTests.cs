using MicroVm.Images.Layers;
using MicroVm.Images.Tests.Support;
using MicroVm.Images.Tests.Tar;

namespace MicroVm.Images.Tests.Layers;

/// <summary>A layer's archive comes out of the store as it went in.</summary>
public sealed class LayerTarTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly LayerStore _store;

    public LayerTarTests() => _store = LayerStore.Open(_directory.Path);

    public static TheoryData<string> Vectors => [.. GoVectors.Expected.Where(vector => !vector.Value.StartsWith('!')).Select(vector => vector.Key)];

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task AllThatIsEasyToGetWrongComesBack()
    {
        foreach (byte[] layer in NastyImage.Layers)
        {
            Assert.Equal(layer, await ThroughTheStoreAsync(layer));
        }
    }

    [Theory, MemberData(nameof(Vectors))]
    public async Task WhatGoIsTestedByComesBack(string name)
    {
        byte[] archive = await GoVectorTests.ReadVectorAsync(name);
        try
        {
            Assert.Equal(archive, await ThroughTheStoreAsync(archive));
        }
        catch (ImageException refused) when (refused.Kind == ImageErrorKind.Invalid)
        {
            // An archive that Go reads and that is no layer.
        }
    }

    [Theory]
    [InlineData("0.0")]
    [InlineData("0.1")]
    [InlineData("1.0")]
    [InlineData("gnu")]
    public async Task SparseFilesComeBack(string form)
    {
        (long, byte[])[] segments = [(10, TestImage.RandomBytes(1, 700)), (5000, TestImage.RandomBytes(2, 9000)), (3_000_000, []), (9_999_000, TestImage.RandomBytes(3, 1000))];
        byte[] archive = SparseTests.Sparse(new TarBuilder(), form, "sparse", 10_000_000, segments).File("after", "upper").ToArray();
        Assert.Equal(archive, await ThroughTheStoreAsync(archive));
    }

    [Fact]
    public async Task WhatStandsBehindTheEndAndInWhiteoutsComesBack()
    {
        byte[] archive = new TarBuilder().File(".wh.gone", TestImage.RandomBytes(1, 300_000)).File("a", "1").ToArray(trailing: 100_000);
        TestImage.RandomBytes(2, 90_000).CopyTo(archive, archive.Length - 95_000);
        Assert.Equal(archive, await ThroughTheStoreAsync(archive));
    }

    [Theory]
    [InlineData(LayerFiles.DataName)]
    [InlineData(LayerFiles.FrameName)]
    public async Task DamageIsNoticed(string file)
    {
        LayerInfo layer = await AddAsync(NastyImage.Layers[0]);
        string path = Path.Combine(_directory["layers"], layer.DiffId.Hex, file);
        byte[] bytes = await File.ReadAllBytesAsync(path);
        int noticed = 0;
        for (int at = 0; at < bytes.Length; at += bytes.Length / 20)
        {
            bytes[at] ^= 0x10;
            await File.WriteAllBytesAsync(path, bytes);
            bytes[at] ^= 0x10;
            noticed += await IsRefusedAsync(layer) ? 1 : 0;
        }

        Assert.InRange(noticed, 10, 21);
        await File.WriteAllBytesAsync(path, bytes[..(bytes.Length / 2)]);
        Assert.True(await IsRefusedAsync(layer));
    }

    [Fact]
    public async Task ALayerThatIsNotThereIsSaid()
    {
        LayerInfo layer = await AddAsync(NastyImage.Layers[2]);
        _store.Remove(layer.DiffId);
        Assert.Equal(ImageErrorKind.NotFound, Assert.Throws<ImageException>(() => _store.OpenTar(layer.DiffId)).Kind);
    }

    /// <summary>False: the damage was where it changes nothing (padding, a gzip header), and the archive is right.</summary>
    private async Task<bool> IsRefusedAsync(LayerInfo layer)
    {
        try
        {
            Assert.Equal(NastyImage.Layers[0], await ReadAsync(layer));
            return false;
        }
        catch (ImageException damaged)
        {
            Assert.Equal(ImageErrorKind.Corrupt, damaged.Kind);
            return true;
        }
    }

    private Task<LayerInfo> AddAsync(byte[] archive) => _store.AddAsync(new MemoryStream(archive), expected: null, CancellationToken.None);

    private async Task<byte[]> ThroughTheStoreAsync(byte[] archive) => await ReadAsync(await AddAsync(archive));

    private async Task<byte[]> ReadAsync(LayerInfo layer)
    {
        await using Stream tar = _store.OpenTar(layer.DiffId);
        using var copy = new MemoryStream();
        await tar.CopyToAsync(copy);
        return copy.ToArray();
    }
}
