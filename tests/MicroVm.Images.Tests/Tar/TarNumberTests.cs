using MicroVm.Images.Tar;

namespace MicroVm.Images.Tests.Tar;

public class TarNumberTests
{
    [Theory]
    [InlineData("", 0L)]
    [InlineData("0000644\0", 420L)]
    [InlineData(" 644 ", 420L)]
    [InlineData("\0\0\0", 0L)]
    [InlineData("777777777777777777777", long.MaxValue)]
    [InlineData("1777777777777777777777", null)]
    [InlineData("8", null)]
    [InlineData("6 4", null)]
    [InlineData("-1", null)]
    [InlineData("0x10", null)]
    public void OctalFields(string field, long? value) =>
        Assert.Equal(value, TarNumber.ParseField(TarBuilder.Bytes(field.Length == 0 ? "\0" : field)));

    [Theory]
    [InlineData("800000000000000000000001", 1L)]
    [InlineData("80000000000000007fffffff", 2_147_483_647L)]
    [InlineData("800000007fffffffffffffff", long.MaxValue)]
    [InlineData("800000008000000000000000", null)]
    [InlineData("800000010000000000000000", null)]
    [InlineData("ffffffffffffffffffffffff", -1L)]
    [InlineData("ffffffff8000000000000000", long.MinValue)]
    [InlineData("ffffffff7fffffffffffffff", null)]
    [InlineData("bfffffffffffffffffffffff", null)]
    [InlineData("8000000000200000", 2_097_152L)]
    [InlineData("80", 0L)]
    [InlineData("ff", -1L)]
    [InlineData("81", 1L)]
    public void Base256Fields(string hex, long? value) => Assert.Equal(value, TarNumber.ParseField(Convert.FromHexString(hex)));
}
