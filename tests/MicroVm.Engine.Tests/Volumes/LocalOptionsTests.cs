using MicroVm.Engine.Volumes;

namespace MicroVm.Engine.Tests.Volumes;

public sealed class LocalOptionsTests
{
    [Theory]
    [InlineData("none", "bind", "/srv/data/", "/srv/data")]
    [InlineData("", "rbind,rw", "/srv/../data", "/data")]
    public void ADirectoryOfTheHostTakesItsPlace(string type, string flags, string device, string path) =>
        Assert.Equal((path, null), Parse(("type", type), ("o", flags), ("device", device)));

    [Fact]
    public void MemoryTakesItsPlace() =>
        Assert.Equal((null, "size=1m,mode=700"), Parse(("type", "tmpfs"), ("device", "tmpfs"), ("o", "size=1m,mode=700")));

    [Theory]
    [InlineData("type", "nfs", "volumes of type nfs are not supported: mount it on the host, and use type=none, o=bind, device=PATH")]
    [InlineData("o", "bind", "missing device in volume options")]
    [InlineData("device", "/x", "missing required option: \"type\"")]
    [InlineData("colour", "red", "invalid option: \"colour\"")]
    public void WhatCannotBeIsRefused(string name, string value, string message) =>
        Assert.Equal(message, Assert.Throws<EngineException>(() => Parse((name, value))).Message);

    [Fact]
    public void ATmpfsTakesItsOwnOptionsOnly() => Assert.Throws<EngineException>(() => Parse(("type", "tmpfs"), ("o", "size=1m,huge=1")));

    private static (string? Device, string? Tmpfs) Parse(params (string Name, string Value)[] options)
    {
        LocalOptions parsed = LocalOptions.Parse(options.ToDictionary(o => o.Name, o => o.Value));
        return (parsed.Device, parsed.Tmpfs);
    }
}
