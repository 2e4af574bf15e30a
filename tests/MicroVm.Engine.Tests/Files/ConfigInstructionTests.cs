using MicroVm.Engine.Files;
using MicroVm.Images.Store;

namespace MicroVm.Engine.Tests.Files;

public sealed class ConfigInstructionTests
{
    private static readonly ImageConfig s_image = new()
    {
        Env = ["PATH=/bin", "A=old"],
        ExposedPorts = ["53/udp"],
        Volumes = ["/kept"],
        WorkingDir = "/srv",
        Labels = new Dictionary<string, string> { ["kept"] = "1" },
    };

    [Theory]
    [InlineData("CMD [\"a\", \"b c\"]", "a|b c")]
    [InlineData("cmd echo $HOME", "/bin/sh|-c|echo $HOME")]
    [InlineData("CMD []", "")]
    [InlineData("CMD [not json", "/bin/sh|-c|[not json")]
    [InlineData("CMD [1]", "/bin/sh|-c|[1]")]
    public void ACommandIsAnArrayOrTheShells(string instruction, string expected) =>
        Assert.Equal(expected, string.Join('|', Apply(instruction).Cmd!));

    [Theory]
    [InlineData("ENV A=1 B=\"two words\" C=a\\ b", "PATH=/bin,A=1,B=two words,C=a b")]
    [InlineData("ENV A the rest = all", "PATH=/bin,A=the rest = all")]
    [InlineData("ENV A= 'B=x y'", "PATH=/bin,A=,B=x y")]
    public void VariablesAreSet(string instruction, string expected) => Assert.Equal(expected, string.Join(',', Apply(instruction).Env));

    [Fact]
    public void TheRestIsSet()
    {
        Assert.Equal(["sleep", "1"], Apply("ENTRYPOINT [\"sleep\",\"1\"]").Entrypoint);
        Assert.Equal(["53/udp", "80/tcp", "443/tcp"], Apply("EXPOSE 80 443/tcp").ExposedPorts);
        Assert.Equal("a=x y,kept=1", string.Join(',', Apply("LABEL a=\"x y\"").Labels.Select(l => $"{l.Key}={l.Value}").Order()));
        Assert.Equal("www-data:www-data", Apply("USER www-data:www-data").User);
        Assert.Equal(["/kept", "/a", "/b"], Apply("VOLUME [\"/a\", \"/b\"]").Volumes);
        Assert.Equal("/srv/sub", Apply("WORKDIR sub").WorkingDir);
        Assert.Equal("/abs", Apply("WORKDIR /abs").WorkingDir);
        Assert.Equal("SIGINT", Apply("STOPSIGNAL SIGINT").StopSignal);
        Assert.Equal(["RUN true"], Apply("ONBUILD RUN true").OnBuild);
    }

    [Fact]
    public void HealthChecksAreSet()
    {
        HealthcheckConfig check = Apply("HEALTHCHECK --interval=1m30s --timeout=500ms --retries=4 CMD curl -f localhost").Healthcheck!;
        Assert.Equal(["CMD-SHELL", "curl -f localhost"], check.Test);
        Assert.Equal((90_000_000_000, 500_000_000, 4), (check.Interval, check.Timeout, check.Retries));
        Assert.Equal(["CMD", "true"], Apply("HEALTHCHECK CMD [\"true\"]").Healthcheck!.Test);
        Assert.Equal(["NONE"], Apply("HEALTHCHECK NONE").Healthcheck!.Test);
    }

    [Theory]
    [InlineData("RUN true")]
    [InlineData("CMD")]
    [InlineData("")]
    [InlineData("ENV A")]
    [InlineData("ENV =x")]
    [InlineData("ENV A=1 B")]
    [InlineData("EXPOSE 99999")]
    [InlineData("HEALTHCHECK maybe")]
    [InlineData("HEALTHCHECK --interval=soon CMD x")]
    [InlineData("ONBUILD ONBUILD RUN x")]
    [InlineData("SHELL sh")]
    public void WhatIsNoneIsRefused(string instruction) =>
        Assert.Equal(EngineErrorKind.Invalid, Assert.Throws<EngineException>(() => Apply(instruction)).Kind);

    [Theory]
    [InlineData("etc", "/etc", "etc", "etc")]
    [InlineData("/etc/", "/etc/", "etc", "etc")]
    [InlineData("/etc/.", "/etc/.", ".", ".")]
    [InlineData("/", "/", "/", "")]
    [InlineData("/../a//b/../c", "/a/c", "c", "c")]
    public void PathsAreRead(string path, string absolute, string name, string archive) =>
        Assert.Equal((absolute, name, archive), (GuestPath.Absolute(path), GuestPath.BaseName(path), GuestPath.ArchiveName(path)));

    [Fact]
    public void PathsThatLinuxCannotHaveAreRefused()
    {
        Assert.Throws<EngineException>(() => GuestPath.Absolute(new string('a', 5000)));
        Assert.Throws<EngineException>(() => GuestPath.Absolute("/a\0b"));
    }

    private static ImageConfig Apply(string instruction) => ConfigInstruction.Apply(s_image, instruction);
}
