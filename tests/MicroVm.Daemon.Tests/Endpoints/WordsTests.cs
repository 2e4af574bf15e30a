using MicroVm.Daemon.Endpoints;

namespace MicroVm.Daemon.Tests.Endpoints;

public class WordsTests
{
    [Theory]
    [InlineData(0.5, "Less than a second")]
    [InlineData(1, "1 second")]
    [InlineData(59, "59 seconds")]
    [InlineData(60, "About a minute")]
    [InlineData(119, "About a minute")]
    [InlineData(120, "2 minutes")]
    [InlineData(3599, "59 minutes")]
    [InlineData(3600, "About an hour")]
    [InlineData(5399, "About an hour")]
    [InlineData(5400, "2 hours")]
    [InlineData(47 * 3600, "47 hours")]
    [InlineData(48 * 3600, "2 days")]
    [InlineData(14 * 24 * 3600, "2 weeks")]
    [InlineData(60 * 24 * 3600, "2 months")]
    [InlineData(730 * 24 * 3600, "2 years")]
    public void Durations_are_Dockers(double seconds, string words) =>
        Assert.Equal(words, HumanDuration.Of(TimeSpan.FromSeconds(seconds)));

    [Theory]
    [InlineData("1h30m", 5400)]
    [InlineData("1.5s", 1.5)]
    [InlineData("100ms", 0.1)]
    public void Go_durations_are_read(string text, double seconds)
    {
        Assert.True(GoDuration.TryParse(text, out TimeSpan duration));
        Assert.Equal(TimeSpan.FromSeconds(seconds), duration);
    }

    [Theory]
    [InlineData("")]
    [InlineData("h")]
    [InlineData("1")]
    [InlineData("1x")]
    [InlineData("1.2.3s")]
    [InlineData("99999999999999h")]
    public void Other_durations_are_not(string text) =>
        Assert.False(GoDuration.TryParse(text, out TimeSpan duration) && duration != TimeSpan.Zero);

    [Theory]
    [InlineData("", null)]
    [InlineData("0", null)]
    [InlineData("1700000000.123456789", "2023-11-14T22:13:20.1234567Z")]
    [InlineData("2024-05-06T07:08:09Z", "2024-05-06T07:08:09Z")]
    [InlineData("10m", "2023-12-31T23:50:00Z")]
    public void Times_are_read_in_every_form(string text, string? expected)
    {
        DateTimeOffset? time = Timestamps.Parse("since", text, new DateTimeOffset(2024, 1, 1, 0, 0, 0, TimeSpan.Zero));
        Assert.Equal(expected, time is null ? null : Timestamps.Format(time));
    }

    [Theory]
    [InlineData("soon")]
    [InlineData("99999999999999")]
    [InlineData("-99999999999999")]
    public void Other_times_are_refused(string text) =>
        Assert.Equal(400, Assert.Throws<ApiException>(() => Timestamps.Parse("since", text, DateTimeOffset.UtcNow)).Status);
}
