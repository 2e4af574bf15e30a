using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using MicroVm.Images.Erofs;
using MicroVm.Images.Layers;

namespace MicroVm.Images.Tests.Erofs;

/// <summary>On-disk sizes and offsets, from fs/erofs/erofs_fs.h and from the layer store's README.</summary>
public class ErofsFormatTests
{
    [Fact]
    public void SizesAreTheFormats()
    {
        Assert.Equal(128, Unsafe.SizeOf<ErofsSuperblock>());
        Assert.Equal(ErofsInode.Size, Unsafe.SizeOf<ErofsInode>());
        Assert.Equal(64, Unsafe.SizeOf<ErofsInode>());
        Assert.Equal(ErofsDirent.Size, Unsafe.SizeOf<ErofsDirent>());
        Assert.Equal(12, Unsafe.SizeOf<ErofsDirent>());
    }

    [Theory]
    [InlineData(nameof(ErofsSuperblock.BlockSizeBits), 12)]
    [InlineData(nameof(ErofsSuperblock.RootNid), 14)]
    [InlineData(nameof(ErofsSuperblock.Inodes), 16)]
    [InlineData(nameof(ErofsSuperblock.Blocks), 36)]
    [InlineData(nameof(ErofsSuperblock.Uuid), 48)]
    [InlineData(nameof(ErofsSuperblock.FeatureIncompat), 80)]
    [InlineData(nameof(ErofsSuperblock.ExtraDevices), 86)]
    [InlineData(nameof(ErofsSuperblock.PackedNid), 96)]
    public void SuperblockFieldsAreInPlace(string field, int offset) =>
        Assert.Equal(offset, (int)Marshal.OffsetOf<ErofsSuperblock>(field));

    [Theory]
    [InlineData(nameof(ErofsInode.FileSize), 8)]
    [InlineData(nameof(ErofsInode.Union), 16)]
    [InlineData(nameof(ErofsInode.Uid), 24)]
    [InlineData(nameof(ErofsInode.Mtime), 32)]
    [InlineData(nameof(ErofsInode.MtimeNanoseconds), 40)]
    [InlineData(nameof(ErofsInode.LinkCount), 44)]
    public void InodeFieldsAreInPlace(string field, int offset) =>
        Assert.Equal(offset, (int)Marshal.OffsetOf<ErofsInode>(field));

    [Theory]
    [InlineData(nameof(LayerRecord.Mode), 2)]
    [InlineData(nameof(LayerRecord.PathLength), 4)]
    [InlineData(nameof(LayerRecord.MtimeSeconds), 24)]
    [InlineData(nameof(LayerRecord.FileSize), 32)]
    [InlineData(nameof(LayerRecord.DataBlock), 44)]
    [InlineData(nameof(LayerRecord.XattrsLength), 52)]
    public void IndexRecordFieldsAreInPlace(string field, int offset) =>
        Assert.Equal(offset, (int)Marshal.OffsetOf<LayerRecord>(field));

    [Fact]
    public void IndexSizesAreFixed()
    {
        Assert.Equal(LayerRecord.Size, Unsafe.SizeOf<LayerRecord>());
        Assert.Equal(LayerIndexHeader.Size, Unsafe.SizeOf<LayerIndexHeader>());
    }
}
