using MicroVm.Engine.Configuration;
using MicroVm.Engine.Containers;
using MicroVm.Engine.Files;
using MicroVm.Images;
using MicroVm.Images.Store;

namespace MicroVm.Engine.Tests.Files;

/// <summary>What an image's configuration becomes when a commit brings one of its own, by Docker's rules of merging.</summary>
public sealed class CommitConfigTests
{
    private static readonly Digest s_id = Digest.Parse(Digest.Prefix + new string('b', 64));

    private static readonly ContainerSpec s_container = new()
    {
        Image = "i",
        Entrypoint = ["/entry"],
        Command = ["run"],
        Environment = ["PATH=/bin", "A=old"],
        Labels = new Dictionary<string, string> { ["kept"] = "1", ["changed"] = "1" },
        ExposedPorts = ["53/udp"],
        WorkingDirectory = "/srv",
        User = "app",
        StopSignal = "SIGINT",
    };

    [Fact]
    public void WhatIsGivenCountsAndTheRestIsTheContainers()
    {
        ImageConfig made = Make(new()
        {
            Image = "",
            Environment = ["A=new", "B=1"],
            Labels = new Dictionary<string, string> { ["changed"] = "2", ["added"] = "3" },
            ExposedPorts = ["80"],
            User = "root",
            Health = new() { Test = ["CMD", "true"], Retries = 2 },
        });
        Assert.Equal(["A=new", "B=1", "PATH=/bin"], made.Env);
        Assert.Equal("added=3,changed=2,kept=1", string.Join(',', made.Labels.Select(label => $"{label.Key}={label.Value}").Order()));
        Assert.Equal(["53/udp", "80/tcp"], made.ExposedPorts.Order());
        Assert.Equal(("root", "/srv", "SIGINT"), (made.User, made.WorkingDir, made.StopSignal));
        Assert.Equal("/entry run", string.Join(' ', [.. made.Entrypoint!, .. made.Cmd!]));
        Assert.Equal(["CMD", "true"], made.Healthcheck!.Test);
        Assert.Equal(2, made.Healthcheck.Retries);
    }

    [Fact]
    public void ACommandKeepsTheEntrypointAndAnEntrypointDropsTheCommand()
    {
        ImageConfig made = Make(new() { Image = "", Command = ["other"] });
        Assert.Equal("/entry other", string.Join(' ', [.. made.Entrypoint!, .. made.Cmd!]));
        made = Make(new() { Image = "", Entrypoint = ["/new"] });
        Assert.Equal(["/new"], made.Entrypoint);
        Assert.Null(made.Cmd);
    }

    [Fact]
    public void InstructionsComeAfterIt()
    {
        ImageConfig made = Make(new() { Image = "", WorkingDirectory = "/given", Environment = ["A=new"] }, "WORKDIR sub", "ENV A=last");
        Assert.Equal("/given/sub", made.WorkingDir);
        Assert.Contains("A=last", made.Env);
    }

    [Theory]
    [InlineData("ENV A\0=1")]
    [InlineData("WORKDIR /a\0")]
    [InlineData("STOPSIGNAL SIGNOPE")]
    [InlineData("CMD [\"a\\u0000\"]")]
    public void WhatNoContainerCouldBeMadeOfIsRefused(string instruction)
    {
        EngineException e = Assert.Throws<EngineException>(() => Make(new() { Image = "" }, instruction));
        Assert.Equal(EngineErrorKind.Invalid, e.Kind);
        Assert.DoesNotContain(e.Message, char.IsControl);
    }

    [Fact]
    public void AWrongPortIsRefused() => Assert.Equal(
        "invalid port specification: \"x/tcp\"", Assert.Throws<EngineException>(() => Make(new() { Image = "", ExposedPorts = ["x"] })).Message);

    private static ImageConfig Make(ContainerSpec overrides, params string[] changes)
    {
        ImageConfig image = new() { OnBuild = ["RUN true"] };
        EffectiveConfig effective = ConfigMerge.Merge(s_container, image, new string('a', 64));
        ContainerSnapshot container = new()
        {
            Id = new string('a', 64),
            Name = "c",
            Spec = s_container,
            ImageId = s_id,
            Arguments = ["run"],
            Effective = effective,
            Created = DateTimeOffset.UnixEpoch,
            Status = ContainerStatus.Exited,
        };
        StoredImage stored = new() { Id = s_id, RepoTags = [], RepoDigests = [], Config = image, DiffIds = [], Size = 0 };
        return CommitConfig.Make(container, stored, new() { Overrides = new(overrides), Changes = changes }, DateTimeOffset.UnixEpoch).Config;
    }
}
