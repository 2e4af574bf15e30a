using MicroVm.Images.Store;

namespace MicroVm.Images.Tests.Store;

public sealed class ImageConfigWriterTests
{
    [Fact]
    public void WhatIsWrittenIsRead()
    {
        var image = new ImageConfig
        {
            Architecture = "amd64",
            Variant = "v2",
            Created = "2026-01-02T03:04:05.6789Z",
            Author = "A \"quoted\" é",
            User = "1:2",
            Env = ["A=1", "B=<&>"],
            Entrypoint = ["/bin/a", ""],
            Cmd = [],
            WorkingDir = "/w",
            Labels = new Dictionary<string, string> { ["b"] = "", ["a"] = "\n" },
            ExposedPorts = ["443/tcp", "53/udp"],
            Volumes = ["/v"],
            StopSignal = "SIGINT",
            Shell = ["/bin/sh", "-c"],
            OnBuild = ["RUN true"],
            Healthcheck = new(["CMD", "true"], 1, 2, 3, 4, 5),
            History = [new("2026-01-02T03:04:05Z", "by", "author", "comment", EmptyLayer: true), new(null, "x", null, null, EmptyLayer: false)],
        };
        Digest[] layers = [Digest.Parse("sha256:" + new string('a', 64)), Digest.Parse("sha256:" + new string('b', 64))];
        ParsedImageConfig read = ImageConfigReader.Parse(ImageConfigWriter.Write(image, layers));
        Assert.Equivalent(image, read.Config, strict: true);
        Assert.Equal(layers, read.DiffIds);
    }

    [Fact]
    public void NothingIsMadeOfNothing()
    {
        ParsedImageConfig read = ImageConfigReader.Parse(ImageConfigWriter.Write(new(), []));
        Assert.Equivalent(new ImageConfig(), read.Config, strict: true);
        Assert.Empty(read.DiffIds);
    }
}
