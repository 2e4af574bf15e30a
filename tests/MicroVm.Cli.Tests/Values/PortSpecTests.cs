using MicroVm.Cli.Arguments;
using MicroVm.Cli.Values;

namespace MicroVm.Cli.Tests.Values;

public class PortSpecTests
{
    [Theory]
    [InlineData("80", "80/tcp||")]
    [InlineData("80/udp", "80/udp||")]
    [InlineData("80/TCP", "80/tcp||")]
    [InlineData("8080:80", "80/tcp||8080")]
    [InlineData(":80:80", "80/tcp||80")]
    [InlineData("127.0.0.1:80:80/udp", "80/udp|127.0.0.1|80")]
    [InlineData("127.0.0.1::80", "80/tcp|127.0.0.1|")]
    [InlineData("::80", "80/tcp||")]
    [InlineData("[::1]:80:90", "90/tcp|::1|80")]
    [InlineData("::1:80:90", "90/tcp|::1|80")]
    [InlineData("8000-8002:80-82", "80/tcp||8000 81/tcp||8001 82/tcp||8002")]
    [InlineData("9000-9010:80", "80/tcp||9000-9010")]
    [InlineData("80-81", "80/tcp|| 81/tcp||")]
    [InlineData("target=80,published=8080", "80/tcp||8080")]
    [InlineData("target=53,protocol=udp", "53/udp||")]
    public void Takes_every_form(string text, string expected) =>
        Assert.Equal(expected, string.Join(' ', PortSpec.Parse(text).Select(port => $"{port.Port}|{port.HostAddress}|{port.HostPort}")));

    [Theory]
    [InlineData("x", "invalid containerPort: x")]
    [InlineData("70000", "invalid containerPort: 70000")]
    [InlineData("-1", "invalid containerPort: -1")]
    [InlineData("90-80", "invalid containerPort: 90-80")]
    [InlineData("80:x", "invalid containerPort: x")]
    [InlineData("x:80", "invalid hostPort: x")]
    [InlineData("1.2.3:80:80", "invalid IP address: 1.2.3")]
    [InlineData("host:80:80", "invalid IP address: host")]
    [InlineData("80/foo", "invalid proto: foo")]
    [InlineData("80-81:80-82", "invalid ranges specified for container and host Ports: 80-82 and 80-81")]
    [InlineData("8080:80-81", "invalid ranges specified for container and host Ports: 80-81 and 8080")]
    [InlineData("80:", "no port specified: 80:<empty>")]
    [InlineData("", "no port specified: <empty>")]
    public void Refuses_with_Dockers_words(string text, string message) =>
        Assert.Equal(message, Assert.Throws<CliException>(() => PortSpec.Parse(text)).Message);

    [Fact]
    public void Refuses_unknown_fields() =>
        Assert.Equal("invalid field key a", Assert.Throws<FlagValueException>(() => PortSpec.Parse("a=b")).Message);

    [Theory]
    [InlineData("90", "90/tcp")]
    [InlineData("90/udp", "90/udp")]
    [InlineData("90-92/sctp", "90/sctp 91/sctp 92/sctp")]
    public void Exposes_ports_and_ranges(string text, string expected) =>
        Assert.Equal(expected, string.Join(' ', PortSpec.ParseExposed(text)));

    [Theory]
    [InlineData("80:80", "invalid port format for --expose: 80:80")]
    [InlineData("x", "invalid range format for --expose: x, error: strconv.ParseUint: parsing \"x\": invalid syntax")]
    public void Refuses_to_expose(string text, string message) =>
        Assert.Equal(message, Assert.Throws<CliException>(() => PortSpec.ParseExposed(text)).Message);
}
