using System.Globalization;
using System.Text;
using MicroVm.Cli.Values;

namespace MicroVm.Cli.Tests.Values;

public class WholeNumberTests
{
    [Theory]
    [InlineData("0", 0L)]
    [InlineData("-0", 0L)]
    [InlineData("007", 7L)]
    [InlineData("-42", -42L)]
    [InlineData("9223372036854775807", long.MaxValue)]
    [InlineData("-9223372036854775808", long.MinValue)]
    [InlineData("9223372036854775808", null)]
    [InlineData("-9223372036854775809", null)]
    [InlineData("99999999999999999999", null)]
    [InlineData("", null)]
    [InlineData("-", null)]
    [InlineData("+1", null)]
    [InlineData("1.5", null)]
    [InlineData(" 1", null)]
    [InlineData("1e3", null)]
    public void Is_read(string text, long? expected)
    {
        bool isNumber = WholeNumber.TryParse(Encoding.UTF8.GetBytes(text), out long number);
        Assert.Equal(expected, isNumber ? number : null);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(9)]
    [InlineData(-10)]
    [InlineData(long.MaxValue)]
    [InlineData(long.MinValue)]
    public void Is_written(long number) => Assert.Equal(number.ToString(CultureInfo.InvariantCulture), WholeNumber.Format(number));
}
