using MicroVm.Engine.Configuration;
using MicroVm.Engine.Containers;
using MicroVm.Images.Store;

namespace MicroVm.Engine.Tests.Configuration;

public sealed class SpecValidatorTests
{
    private static readonly ContainerSpec s_good = new() { Image = "i", Command = ["true"] };

    private static readonly EngineOptions s_options = new()
    {
        Root = "/r",
        RunDirectory = "/run",
        Kernel = "k",
        Initramfs = "i",
        MinimumMemory = 32 << 20,
    };

    public static TheoryData<ContainerSpec, string> Refused => new()
    {
        { s_good with { WorkingDirectory = "x" }, "the working directory 'x' is invalid, it needs to be an absolute path" },
        { s_good with { Memory = 1 << 20 }, "Minimum memory limit allowed is 32MB" },
        { s_good with { CapAdd = ["NOPE"] }, "invalid CapAdd: unknown capability: \"CAP_NOPE\"" },
        { s_good with { CapDrop = ["cap_nope"] }, "invalid CapDrop: unknown capability: \"CAP_NOPE\"" },
        { s_good with { Ulimits = [new("nope", 1, 1)] }, "invalid ulimit type: nope" },
        { s_good with { Ulimits = [new("nofile", 10, 5)] }, "ulimit soft limit must be less than or equal to hard limit: 10 > 5" },
        { s_good with { Ulimits = [new("nofile", -1, 5)] }, "ulimit soft limit must be less than or equal to hard limit: -1 > 5" },
        { s_good with { Tmpfs = new Dictionary<string, string> { ["tmp"] = "" } }, "invalid mount path: 'tmp' mount path must be absolute" },
        { s_good with { Tmpfs = new Dictionary<string, string> { ["/a/.."] = "" } }, "invalid specification: destination can't be '/'" },
        { s_good with { Tmpfs = new Dictionary<string, string> { ["/t"] = "bind" } }, "Invalid tmpfs option [\"bind\"]" },
        { s_good with { Tmpfs = new Dictionary<string, string> { ["/t"] = "huge=1" } }, "Invalid tmpfs option [\"huge\" \"1\"]" },
        { s_good with { Hostname = "a b" }, "invalid hostname: a b" },
        { s_good with { Hostname = new string('a', 64) }, "invalid hostname: " + new string('a', 64) },
        { s_good with { Environment = ["=x"] }, "invalid environment variable: =x" },
        { s_good with { Command = [new string('x', 131072)] }, "argument too long: one of the command or the environment is longer than 131071 bytes" },
        { s_good with { User = "a\0" }, "invalid user: a" },
        { s_good with { Groups = [""] }, "invalid group: " },
        { s_good with { Groups = [.. Enumerable.Repeat("g", 257)] }, "too many additional groups: at most 256" },
        { s_good with { Health = new() { Test = ["CMD", "a\0"] } }, "invalid command: an argument holds a NUL character" },
        { s_good with { LogOptions = new Dictionary<string, string> { ["env-regex"] = "(" } }, "invalid value for env-regex: '(' is not a regular expression" },
        { s_good with { StopSignal = "SIGNOPE" }, "invalid signal: SIGNOPE" },
        { s_good with { Ports = [new("", 1, 70000, "tcp")] }, "invalid port specification: \"1:70000/tcp\"" },
        { s_good with { Ports = [new("", 1, 1, "sctp")] }, "invalid port specification: \"1:1/sctp\"" },
        { s_good with { ExposedPorts = ["x/tcp"] }, "invalid port specification: \"x/tcp\"" },
        { s_good with { Dns = ["nope"] }, "invalid DNS server: nope" },
        { s_good with { ExtraHosts = ["nope"] }, "bad format for add-host: \"nope\"" },
        { s_good with { ShmSize = -1 }, "SHM size can not be less than 0" },
        { s_good with { SecurityOptions = ["nope"] }, "invalid --security-opt: \"nope\"" },
        { s_good with { Command = [] }, "no command specified" },
        { s_good with { NetworkMode = "host" }, "network mode \"host\" is not supported: a virtual machine has a network stack of its own" },
    };

    [Theory]
    [MemberData(nameof(Refused))]
    public void WhatCannotRunIsRefusedInOneLine(ContainerSpec spec, string message)
    {
        EngineException e = Assert.Throws<EngineException>(() => Validate(spec));
        Assert.Equal((EngineErrorKind.Invalid, message), (e.Kind, e.Message));
        Assert.DoesNotContain('\n', e.Message);
    }

    [Fact]
    public void WhatDockerTakesIsTaken() => Assert.Empty(Validate(s_good with
    {
        Hostname = "a-b.c_d",
        Memory = 32 << 20,
        NanoCpus = 500_000_000,
        CapAdd = ["net_admin", "CAP_SYS_TIME", "all"],
        Tmpfs = new Dictionary<string, string> { ["/run"] = "size=64m,mode=1770,exec", ["/t"] = "" },
        Ulimits = [new("nofile", 5, 10), new("core", -1, -1)],
        Ports = [new("127.0.0.1", 0, 80, "tcp"), new("", 53, 53, "udp")],
        ExtraHosts = ["db:10.0.0.1", "gw:host-gateway", "v6:[::1]"],
        SecurityOptions = ["no-new-privileges"],
        StorageOptions = new Dictionary<string, string> { ["size"] = "1G" },
        Sysctls = new Dictionary<string, string> { ["net.ipv4.ip_forward"] = "1" },
    }));

    [Fact]
    public void ProfilesThatHaveNoEffectAreWarnedOf() =>
        Assert.Contains("seccomp", Assert.Single(Validate(s_good with { SecurityOptions = ["seccomp=unconfined"] })), StringComparison.Ordinal);

    [Theory]
    [InlineData("10", 10)]
    [InlineData("1k", 1024)]
    [InlineData("1.5g", 3L << 29)]
    [InlineData("2GiB", 2L << 30)]
    [InlineData("64MB", 64L << 20)]
    public void SizesAreReadAsDockerReadsThem(string text, long expected)
    {
        Assert.True(ByteSize.TryParse(text, out long bytes));
        Assert.Equal(expected, bytes);
    }

    [Theory]
    [InlineData("")]
    [InlineData("-1")]
    [InlineData("m")]
    [InlineData("1x")]
    [InlineData("99999999999t")]
    public void OtherSizesAreRefused(string text) => Assert.False(ByteSize.TryParse(text, out _));

    private static IReadOnlyList<string> Validate(ContainerSpec spec) =>
        SpecValidator.Validate(spec, ConfigMerge.Merge(spec, new ImageConfig(), new string('a', 64)), s_options);
}
