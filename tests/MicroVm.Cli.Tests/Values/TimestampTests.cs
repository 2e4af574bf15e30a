using System.Globalization;
using MicroVm.Api.Streams;
using MicroVm.Cli.Arguments;
using MicroVm.Cli.Values;

namespace MicroVm.Cli.Tests.Values;

public class TimestampTests
{
    [Theory]
    [InlineData("2013-01-02T13:23:37Z", "1357133017.000000000")]
    [InlineData("2013-01-02T13:23:37.5Z", "1357133017.500000000")]
    [InlineData("2013-01-02T13:23:37+02:00", "1357125817.000000000")]
    [InlineData("1136073600", "1136073600")]
    [InlineData("1136073600.000000001", "1136073600.000000001")]
    public void Takes_times(string text, string expected) => Assert.Equal(expected, Timestamp.Parse(text));

    [Fact]
    public void Takes_durations_as_how_long_ago()
    {
        decimal before = decimal.Parse(Timestamp.Parse("1h30m"), CultureInfo.InvariantCulture);
        decimal now = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds() / 1000m;
        Assert.InRange(now - before, 5400 - 1, 5400 + 60);
    }

    [Theory]
    [InlineData("")]
    [InlineData("yesterday")]
    [InlineData("2013-13-01")]
    [InlineData("1.2.3")]
    [InlineData("5x")]
    public void Refuses_the_rest(string text) => Assert.Throws<FlagValueException>(() => Timestamp.Parse(text));

    [Theory]
    [InlineData("1h", 36_000_000_000)]
    [InlineData("1.5s", 15_000_000)]
    [InlineData("300ms", 3_000_000)]
    [InlineData("1m30s", 900_000_000)]
    public void Takes_Gos_durations(string text, long ticks) => Assert.Equal(ticks, GoDuration.TryParse(text)!.Value.Ticks);

    [Theory]
    [InlineData("", new byte[] { 16, 17 })]
    [InlineData("ctrl-p,ctrl-q", new byte[] { 16, 17 })]
    [InlineData("ctrl-@", new byte[] { 0 })]
    [InlineData("ctrl-],a", new byte[] { 29, 97 })]
    [InlineData("ctrl-_", new byte[] { 31 })]
    public void Takes_detach_keys(string text, byte[] keys) => Assert.Equal(keys, DetachSequence.Parse(text).Keys);

    [Theory]
    [InlineData("zzz")]
    [InlineData("ctrl-")]
    [InlineData("ctrl-A")]
    [InlineData("a,")]
    [InlineData("ä")]
    public void Refuses_unknown_keys(string text) => Assert.Throws<FlagValueException>(() => DetachSequence.Parse(text));

    [Theory]
    [InlineData("abc", "abc", false)]
    [InlineData("a\x10" + "b", "a\x10" + "b", false)]
    [InlineData("a\x10\x11" + "b", "a", true)]
    [InlineData("\x10\x10\x11", "\x10", true)]
    [InlineData("a\x10", "a", false)]
    [InlineData("\x11\x10", "\x11", false)]
    public void Finds_the_detach_keys(string typed, string sent, bool complete)
    {
        // The whole at once, then byte by byte: where the reads end must not matter.
        Assert.Equal((sent, complete), Scan([typed]));
        Assert.Equal((sent, complete), Scan(typed.Select(letter => letter.ToString())));
    }

    private static (string Sent, bool Complete) Scan(IEnumerable<string> pieces)
    {
        var scanner = new EscapeScanner(DetachKeys.Default);
        string sent = "";
        foreach (string piece in pieces)
        {
            byte[] output = new byte[scanner.MaximumOutput(piece.Length)];
            bool complete = scanner.Scan(System.Text.Encoding.Latin1.GetBytes(piece), output, out int written);
            sent += System.Text.Encoding.Latin1.GetString(output, 0, written);
            if (complete)
            {
                return (sent, true);
            }
        }

        return (sent, false);
    }
}
