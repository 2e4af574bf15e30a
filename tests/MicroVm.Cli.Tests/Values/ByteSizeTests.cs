using MicroVm.Cli.Arguments;
using MicroVm.Cli.Values;

namespace MicroVm.Cli.Tests.Values;

public class ByteSizeTests
{
    [Theory]
    [InlineData("0", 0)]
    [InlineData("1", 1)]
    [InlineData("4096", 4096)]
    [InlineData("10b", 10)]
    [InlineData("10B", 10)]
    [InlineData("1k", 1024)]
    [InlineData("1kb", 1024)]
    [InlineData("1KiB", 1024)]
    [InlineData("64m", 64 << 20)]
    [InlineData("64 M", 64 << 20)]
    [InlineData("1.5g", 1610612736)]
    [InlineData("0.5m", 524288)]
    [InlineData("2T", 2L << 40)]
    [InlineData("1p", 1L << 50)]
    public void Takes_numbers_with_units(string text, long bytes) => Assert.Equal(bytes, ByteSize.Parse(text));

    [Theory]
    [InlineData("", "invalid size: ''")]
    [InlineData("abc", "invalid size: 'abc'")]
    [InlineData("-5m", "invalid size: '-5m'")]
    [InlineData("10x", "invalid suffix: 'x'")]
    [InlineData("10mx", "invalid suffix: 'mx'")]
    [InlineData("10bb", "invalid suffix: 'bb'")]
    [InlineData("1.2.3m", "invalid size: '1.2.3m'")]
    [InlineData("99999999999999999999", "invalid size: '99999999999999999999'")]
    [InlineData("9999999p", "invalid size: '9999999p'")]
    [InlineData("m", "invalid size: 'm'")]
    public void Refuses_what_is_no_size(string text, string message) =>
        Assert.Equal(message, Assert.Throws<FlagValueException>(() => ByteSize.Parse(text)).Message);

    [Theory]
    [InlineData("1", 1_000_000_000)]
    [InlineData("0.5", 500_000_000)]
    [InlineData("1.25", 1_250_000_000)]
    [InlineData("0.000000001", 1)]
    [InlineData("0", 0)]
    public void Counts_CPUs_in_billionths(string text, long nano) => Assert.Equal(nano, CpuCount.Parse(text));

    [Theory]
    [InlineData("x", "failed to parse x as a rational number")]
    [InlineData("", "failed to parse  as a rational number")]
    [InlineData("1e99", "failed to parse 1e99 as a rational number")]
    [InlineData("0.1234567891", "value is too precise")]
    public void Refuses_what_is_no_number_of_CPUs(string text, string message) =>
        Assert.Equal(message, Assert.Throws<FlagValueException>(() => CpuCount.Parse(text)).Message);

    [Theory]
    [InlineData("nofile=1024", "nofile", 1024, 1024)]
    [InlineData("nofile=1024:2048", "nofile", 1024, 2048)]
    [InlineData("core=-1", "core", -1, -1)]
    [InlineData("nproc=5:-1", "nproc", 5, -1)]
    public void Takes_limits(string text, string name, long soft, long hard) =>
        Assert.Equal(new Ulimit(name, soft, hard), Ulimit.Parse(text));

    [Theory]
    [InlineData("nofile", "invalid ulimit argument: nofile")]
    [InlineData("foo=1", "invalid ulimit type: foo")]
    [InlineData("nofile=20:10", "ulimit soft limit must be less than or equal to hard limit: 20 > 10")]
    [InlineData("nofile=-1:10", "ulimit soft limit must be less than or equal to hard limit: soft: -1 (unlimited), hard: 10")]
    [InlineData("nofile=x", "strconv.ParseInt: parsing \"x\": invalid syntax")]
    [InlineData("nofile=1:2:3", "too many limit values - 1:2:3, can only have up to two, `soft[:hard]`")]
    public void Refuses_what_is_no_limit(string text, string message) =>
        Assert.Equal(message, Assert.Throws<FlagValueException>(() => Ulimit.Parse(text)).Message);
}
