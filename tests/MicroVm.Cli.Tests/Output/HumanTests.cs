using MicroVm.Api.Containers;
using MicroVm.Cli.Output;

namespace MicroVm.Cli.Tests.Output;

public class HumanTests
{
    [Theory]
    [InlineData(0, 3, "0B")]
    [InlineData(999, 3, "999B")]
    [InlineData(1000, 3, "1kB")]
    [InlineData(75_240_000, 3, "75.2MB")]
    [InlineData(75_240_000, 4, "75.24MB")]
    [InlineData(216_400_000, 3, "216MB")]
    [InlineData(1_230_000_000, 3, "1.23GB")]
    public void Sizes(long bytes, int digits, string text) => Assert.Equal(text, HumanSize.Decimal(bytes, digits));

    [Theory]
    [InlineData(0, "Less than a second")]
    [InlineData(1, "1 second")]
    [InlineData(59, "59 seconds")]
    [InlineData(60, "About a minute")]
    [InlineData(119, "About a minute")]
    [InlineData(120, "2 minutes")]
    [InlineData(3599, "59 minutes")]
    [InlineData(3600, "About an hour")]
    [InlineData(7200, "2 hours")]
    [InlineData(47 * 3600, "47 hours")]
    [InlineData(48 * 3600, "2 days")]
    [InlineData(14 * 86400, "2 weeks")]
    [InlineData(60 * 86400, "2 months")]
    [InlineData(800 * 86400, "2 years")]
    public void Durations(int seconds, string text) => Assert.Equal(text, HumanDuration.Format(TimeSpan.FromSeconds(seconds)));

    [Fact]
    public void Ports()
    {
        ContainerPort[] ports =
        [
            new() { IP = "0.0.0.0", PrivatePort = 81, PublicPort = 8081, Type = "tcp" },
            new() { IP = "0.0.0.0", PrivatePort = 80, PublicPort = 8080, Type = "tcp" },
            new() { IP = "::", PrivatePort = 80, PublicPort = 8080, Type = "tcp" },
            new() { PrivatePort = 443, Type = "tcp" },
            new() { IP = "127.0.0.1", PrivatePort = 53, PublicPort = 53, Type = "udp" },
        ];
        Assert.Equal("443/tcp, 0.0.0.0:8080-8081->80-81/tcp, [::]:8080->80/tcp, 127.0.0.1:53->53/udp", PortList.Format(ports));
    }

    [Theory]
    [InlineData("one\r\ntwo\n", "one two")]
    [InlineData("red \x1b[31m \x07 \u009b", "red ?[31m ? ?")]
    [InlineData("plain ünï", "plain ünï")]
    public void Foreign_text_can_not_drive_the_terminal(string text, string shown) => Assert.Equal(shown, SafeText.OneLine(text));
}
