using MicroVm.Cli.Images;

namespace MicroVm.Cli.Tests.Images;

public class ImageNameTests
{
    private const string Digest = "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

    [Theory]
    [InlineData("python", "docker.io/library/python", "latest", "python:latest")]
    [InlineData("python:3.11-slim", "docker.io/library/python", "3.11-slim", "python:3.11-slim")]
    [InlineData("user/app", "docker.io/user/app", "latest", "user/app:latest")]
    [InlineData("docker.io/python", "docker.io/library/python", "latest", "python:latest")]
    [InlineData("index.docker.io/user/app", "docker.io/user/app", "latest", "user/app:latest")]
    [InlineData("localhost/app", "localhost/app", "latest", "localhost/app:latest")]
    [InlineData("localhost:5000/a/b:1", "localhost:5000/a/b", "1", "localhost:5000/a/b:1")]
    [InlineData("ghcr.io/a/b", "ghcr.io/a/b", "latest", "ghcr.io/a/b:latest")]
    [InlineData("python@" + Digest, "docker.io/library/python", Digest, "python@" + Digest)]
    [InlineData("python:3@" + Digest, "docker.io/library/python", Digest, "python:3@" + Digest)]
    public void Normalises(string text, string repository, string tag, string familiar)
    {
        ImageName name = ImageName.Parse(text);
        Assert.Equal((repository, tag, familiar), (name.Repository, name.TagOrDigest, name.Familiar));
    }

    [Theory]
    [InlineData("Python", "invalid reference format: repository name (library/Python) must be lowercase")]
    [InlineData("", "invalid reference format")]
    [InlineData("a:", "invalid reference format")]
    [InlineData("a:b:c", "invalid reference format")]
    [InlineData("a@sha256:1", "invalid reference format")]
    [InlineData("a//b", "invalid reference format")]
    [InlineData("../a", "invalid reference format")]
    [InlineData("a b", "invalid reference format")]
    [InlineData("-a", "invalid reference format")]
    public void Refuses(string text, string message) =>
        Assert.Equal(message, Assert.Throws<CliException>(() => ImageName.Parse(text)).Message);
}
