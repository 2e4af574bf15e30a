using System.Text;
using MicroVm.Engine.Containers;
using MicroVm.Engine.Guest;
using MicroVm.Images;
using MicroVm.Protocol.Messages;

namespace MicroVm.Engine.Tests.Guest;

public sealed class GuestOptionsTests
{
    private const ulong NoExecNoSuidNoDev = 14;

    [Theory]
    [InlineData("", NoExecNoSuidNoDev, "")]
    [InlineData("exec,size=64m", 6, "size=64m")]
    [InlineData("ro,suid,dev,exec", 1, "")]
    [InlineData("rw,mode=1770,uid=5,gid=6,size=1k,size=2k", NoExecNoSuidNoDev, "mode=1770,uid=5,gid=6,size=2k")]
    public void TmpfsOptionsBecomeFlagsAndData(string options, ulong flags, string data)
    {
        Mount mount = TmpfsOptions.ToMount("/t", options);
        Assert.Equal(("tmpfs", "/t", flags, data), (mount.Type, mount.Target, mount.Flags, mount.Data));
    }

    [Fact]
    public void UlimitsBecomeResourceLimits()
    {
        IReadOnlyList<ResourceLimit> limits = ResourceLimits.Resolve([new("nofile", 5, 10), new("memlock", -1, -1)]);
        Assert.Contains(new ResourceLimit(7, 5, 10), limits);
        Assert.Contains(new ResourceLimit(8, ulong.MaxValue, ulong.MaxValue), limits);
        Assert.Equal(new(7, 1048576, 1048576), Assert.Single(ResourceLimits.Resolve([])));
    }

    [Theory]
    [InlineData("KILL", 9)]
    [InlineData("sigterm", 15)]
    [InlineData("15", 15)]
    [InlineData("SIGRTMIN+3", 37)]
    [InlineData("RTMAX-1", 63)]
    [InlineData("SIGPOLL", 29)]
    public void SignalsAreReadByNameAndNumber(string text, int number) => Assert.Equal(number, Signals.Parse(text));

    [Theory]
    [InlineData("")]
    [InlineData("SIG")]
    [InlineData("0")]
    [InlineData("65")]
    [InlineData("-9")]
    [InlineData("RTMIN-1")]
    [InlineData("RTMIN+99")]
    public void OtherSignalsAreRefused(string text) => Assert.Throws<EngineException>(() => Signals.Parse(text));

    [Theory]
    [InlineData("no-new-privileges", true)]
    [InlineData("no-new-privileges:true", true)]
    [InlineData("no-new-privileges=false", false)]
    public void NoNewPrivilegesIsRead(string option, bool expected) =>
        Assert.Equal(expected, SecurityOptions.Parse([option]).NoNewPrivileges);

    [Fact]
    public void EnvironmentStartsWithDockersVariables()
    {
        EffectiveConfig effective = Effective(["A=1", "PATH=/mine", "HOSTNAME", "B="]);
        Assert.Equal(["PATH=/mine", "TERM=xterm", "A=1", "B="], GuestRequests.Environment(effective, terminal: true));
        Assert.Equal(
            ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOSTNAME=host"],
            GuestRequests.Environment(Effective([]), terminal: false));
    }

    [Fact]
    public void EtcFilesFollowTheOptions()
    {
        ContainerSpec spec = new()
        {
            Image = "i",
            Domainname = "example.org",
            Dns = ["9.9.9.9"],
            DnsSearch = ["a.b"],
            DnsOptions = ["ndots:2"],
            ExtraHosts = ["db:10.0.0.1", "h:host-gateway"],
        };
        Assert.Equal("nameserver 9.9.9.9\nsearch a.b\noptions ndots:2\n", Content(spec, "/etc/resolv.conf"));
        Assert.Equal("host\n", Content(spec, "/etc/hostname"));
        Assert.EndsWith("\n10.0.0.1\tdb\n10.0.2.2\th\n10.0.2.15\thost.example.org host\n", Content(spec, "/etc/hosts"), StringComparison.Ordinal);
    }

    [Fact]
    public void ResolverInheritsTheHostsDomains()
    {
        Assert.Equal("nameserver 10.0.2.3\nsearch corp.test\n", Content(new() { Image = "i" }, "/etc/resolv.conf"));
        Assert.Equal("nameserver 10.0.2.3\n", Content(new() { Image = "i", DnsSearch = ["."] }, "/etc/resolv.conf"));
        Assert.Equal("", Content(new() { Image = "i", NetworkMode = "none" }, "/etc/resolv.conf"));
    }

    [Fact]
    public void HostResolverIsParsed()
    {
        HostResolver host = HostResolver.Parse(["# c", "nameserver 1.1.1.1", "domain x", "search a  b", "options ndots:5 edns0"]);
        Assert.Equal(["a", "b"], host.Search);
        Assert.Equal(["ndots:5", "edns0"], host.Options);
        Assert.Equal(["1.1.1.1"], host.Servers.Select(server => server.ToString()));
    }

    private static string Content(ContainerSpec spec, string path) => Encoding.UTF8.GetString(
        EtcFiles.Make(Snapshot(spec), new HostResolver(["corp.test"], [])).Single(file => file.Path == path).Content);

    private static ContainerSnapshot Snapshot(ContainerSpec spec) => new()
    {
        Id = new string('a', 64),
        Name = "name",
        Spec = spec,
        ImageId = Digest.FromHash(new byte[32]),
        Arguments = ["x"],
        Effective = Effective([]),
        Created = DateTimeOffset.UnixEpoch,
        Status = ContainerStatus.Created,
        Endpoints = spec.NetworkMode == "none" ? [] : [UserNetwork.Endpoint(new string('a', 64))],
    };

    private static EffectiveConfig Effective(IReadOnlyList<string> environment) => new()
    {
        Environment = environment,
        Entrypoint = null,
        Command = ["x"],
        WorkingDirectory = "",
        User = "",
        Hostname = "host",
        StopSignal = null,
        Labels = new Dictionary<string, string>(),
        ExposedPorts = [],
        Volumes = [],
    };
}
