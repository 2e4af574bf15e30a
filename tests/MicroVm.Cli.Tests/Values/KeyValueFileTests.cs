using System.Text;
using MicroVm.Cli.Values;

namespace MicroVm.Cli.Tests.Values;

public class KeyValueFileTests
{
    private static readonly Dictionary<string, string> s_environment = new() { ["HOME"] = "/root", ["EMPTY"] = "" };

    [Theory]
    [InlineData("A=1\nB=2", "A=1|B=2")]
    [InlineData("A=1\r\nB=2\r\n", "A=1|B=2")]
    [InlineData("\ufeffA=1", "A=1")]
    [InlineData("# note\n\n   \nA=1", "A=1")]
    [InlineData("  A=1", "A=1")]
    [InlineData("A= x # y ", "A= x # y ")]
    [InlineData("A=\"x\" 'y' $HOME", "A=\"x\" 'y' $HOME")]
    [InlineData("A=b=c", "A=b=c")]
    [InlineData("A=", "A=")]
    [InlineData("HOME", "HOME=/root")]
    [InlineData("EMPTY", "EMPTY=")]
    [InlineData("NOT_SET", "")]
    [InlineData("A=größe", "A=größe")]
    public void Reads_lines_as_they_are(string text, string expected) =>
        Assert.Equal(expected, string.Join('|', KeyValueFile.Parse(Encoding.UTF8.GetBytes(text), "f", s_environment.GetValueOrDefault)));

    [Theory]
    [InlineData("=x", "no variable name on line '=x'")]
    [InlineData("A B=x", "variable 'A B' contains whitespaces")]
    [InlineData("A =x", "variable 'A ' contains whitespaces")]
    public void Refuses_names_that_are_none(string text, string reason) => Assert.EndsWith(
        reason,
        Assert.Throws<CliException>(() => KeyValueFile.Parse(Encoding.UTF8.GetBytes(text), "f", s_environment.GetValueOrDefault)).Message,
        StringComparison.Ordinal);

    [Fact]
    public void Refuses_bytes_that_are_no_text()
    {
        byte[] bytes = [(byte)'A', (byte)'=', (byte)'1', (byte)'\n', (byte)'B', (byte)'=', 0xff];
        string message = Assert.Throws<CliException>(() => KeyValueFile.Parse(bytes, "f", _ => null)).Message;
        Assert.Contains("invalid utf8 bytes at line 2", message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_key_alone_is_left_out_where_nothing_has_a_value() =>
        Assert.Equal(["b=c"], KeyValueFile.Parse("a\nb=c"u8, "f", _ => null));
}
