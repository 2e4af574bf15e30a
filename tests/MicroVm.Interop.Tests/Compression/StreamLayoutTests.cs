using System.Runtime.InteropServices;
using MicroVm.Interop.Bzip2;
using MicroVm.Interop.Xz;

namespace MicroVm.Interop.Tests.Compression;

/// <summary>Sizes and offsets as gcc has them for lzma/base.h and bzlib.h on x86-64.</summary>
public class StreamLayoutTests
{
    [Fact]
    public void LzmaStreamIsLaidOutAsInC()
    {
        Assert.Equal(136, Marshal.SizeOf<LzmaStream>());
        Assert.Equal(0, Marshal.OffsetOf<LzmaStream>(nameof(LzmaStream.NextIn)));
        Assert.Equal(8, Marshal.OffsetOf<LzmaStream>(nameof(LzmaStream.AvailableIn)));
        Assert.Equal(24, Marshal.OffsetOf<LzmaStream>(nameof(LzmaStream.NextOut)));
        Assert.Equal(32, Marshal.OffsetOf<LzmaStream>(nameof(LzmaStream.AvailableOut)));
        Assert.Equal(48, Marshal.OffsetOf<LzmaStream>(nameof(LzmaStream.Allocator)));
        Assert.Equal(56, Marshal.OffsetOf<LzmaStream>(nameof(LzmaStream.Internal)));
        Assert.Equal(96, Marshal.OffsetOf<LzmaStream>(nameof(LzmaStream.SeekPosition)));
        Assert.Equal(132, Marshal.OffsetOf<LzmaStream>(nameof(LzmaStream.ReservedEnum2)));
    }

    [Fact]
    public void BzStreamIsLaidOutAsInC()
    {
        Assert.Equal(80, Marshal.SizeOf<BzStream>());
        Assert.Equal(8, Marshal.OffsetOf<BzStream>(nameof(BzStream.AvailableIn)));
        Assert.Equal(24, Marshal.OffsetOf<BzStream>(nameof(BzStream.NextOut)));
        Assert.Equal(32, Marshal.OffsetOf<BzStream>(nameof(BzStream.AvailableOut)));
        Assert.Equal(48, Marshal.OffsetOf<BzStream>(nameof(BzStream.State)));
        Assert.Equal(72, Marshal.OffsetOf<BzStream>(nameof(BzStream.Opaque)));
    }
}
