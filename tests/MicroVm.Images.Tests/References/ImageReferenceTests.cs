using MicroVm.Images.References;

namespace MicroVm.Images.Tests.References;

public class ImageReferenceTests
{
    private const string Hex = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
    private static readonly string s_long = new('a', 255 - "docker.io/library/".Length);

    [Theory]
    [InlineData("python", "docker.io/library/python:latest", "python:latest")]
    [InlineData("python:3.11-slim", "docker.io/library/python:3.11-slim", "python:3.11-slim")]
    [InlineData("bitnami/redis", "docker.io/bitnami/redis:latest", "bitnami/redis:latest")]
    [InlineData("docker.io/python", "docker.io/library/python:latest", "python:latest")]
    [InlineData("docker.io/library/python", "docker.io/library/python:latest", "python:latest")]
    [InlineData("index.docker.io/a/b:c", "docker.io/a/b:c", "a/b:c")]
    [InlineData("index.docker.io/python", "docker.io/library/python:latest", "python:latest")]
    [InlineData("library/a/b", "docker.io/library/a/b:latest", "library/a/b:latest")]
    [InlineData("localhost/x", "localhost/x:latest", "localhost/x:latest")]
    [InlineData("localhost:5000/x:y", "localhost:5000/x:y", "localhost:5000/x:y")]
    [InlineData("127.0.0.1:5000/a/b/c", "127.0.0.1:5000/a/b/c:latest", "127.0.0.1:5000/a/b/c:latest")]
    [InlineData("[::1]:5000/x", "[::1]:5000/x:latest", "[::1]:5000/x:latest")]
    [InlineData("Host/x", "Host/x:latest", "Host/x:latest")]
    [InlineData("registry.example/a__b/c--d.e_f", "registry.example/a__b/c--d.e_f:latest", "registry.example/a__b/c--d.e_f:latest")]
    [InlineData("python@sha256:" + Hex, "docker.io/library/python@sha256:" + Hex, "python@sha256:" + Hex)]
    [InlineData("python:3@sha256:" + Hex, "docker.io/library/python:3@sha256:" + Hex, "python:3@sha256:" + Hex)]
    [InlineData("docker.io/a.b/c", "docker.io/a.b/c:latest", "docker.io/a.b/c:latest")]
    [InlineData("docker.io/localhost/c", "docker.io/localhost/c:latest", "docker.io/localhost/c:latest")]
    [InlineData("localhost", "docker.io/library/localhost:latest", "localhost:latest")]
    [InlineData("a:_A.b-C", "docker.io/library/a:_A.b-C", "a:_A.b-C")]
    public void ParseNormalises(string text, string full, string familiar)
    {
        ImageReference reference = ImageReference.Parse(text);
        Assert.Equal(full, reference.ToString());
        Assert.Equal(familiar, reference.Familiar);
        Assert.Equal(reference, ImageReference.Parse(full));
    }

    [Theory]
    [InlineData("Foo", "invalid reference format: repository name (library/Foo) must be lowercase")]
    [InlineData("docker.io/Foo:x", "invalid reference format: repository name (library/Foo) must be lowercase")]
    [InlineData("localhost:5000/A/b", "invalid reference format: repository name (A/b) must be lowercase")]
    [InlineData("", "invalid reference format")]
    [InlineData(":tag", "invalid reference format")]
    [InlineData("a:", "invalid reference format")]
    [InlineData("a@", "invalid reference format")]
    [InlineData("a/", "invalid reference format")]
    [InlineData("/a", "invalid reference format")]
    [InlineData("a//b", "invalid reference format")]
    [InlineData("a b", "invalid reference format")]
    [InlineData("-a", "invalid reference format")]
    [InlineData("a-", "invalid reference format")]
    [InlineData("a..b", "invalid reference format")]
    [InlineData("a___b", "invalid reference format")]
    [InlineData("../a", "invalid reference format")]
    [InlineData("a/../b", "invalid reference format")]
    [InlineData("a:.b", "invalid reference format")]
    [InlineData("a:-b", "invalid reference format")]
    [InlineData("a:b:c", "invalid reference format")]
    [InlineData("a:b/c", "invalid reference format")]
    [InlineData("host:port/a", "invalid reference format")]
    [InlineData("host.:5000/a", "invalid reference format")]
    [InlineData("-host.example/a", "invalid reference format")]
    [InlineData("[::1/a", "invalid reference format")]
    [InlineData("[]:1/a", "invalid reference format")]
    [InlineData("a\n", "invalid reference format")]
    [InlineData("é", "invalid reference format")]
    [InlineData("a@sha256:xyz", "invalid reference format")]
    [InlineData("a@sha256:0123456789abcdef0123456789abcdef", "invalid checksum digest length")]
    [InlineData("a@md5:0123456789abcdef0123456789abcdef", "unsupported digest algorithm")]
    [InlineData(Hex, "invalid repository name (" + Hex + "), cannot specify 64-byte hexadecimal strings")]
    public void ParseRefuses(string text, string message)
    {
        ImageException error = Assert.Throws<ImageException>(() => ImageReference.Parse(text));
        Assert.Equal(ImageErrorKind.Invalid, error.Kind);
        Assert.Equal(message, error.Message);
        Assert.False(ImageReference.TryParse(text, out _));
    }

    [Fact]
    public void NameLengthIsBounded()
    {
        Assert.Equal("library/" + s_long, ImageReference.Parse(s_long).Path);
        Assert.Equal(
            "repository name must not be more than 255 characters",
            Assert.Throws<ImageException>(() => ImageReference.Parse(s_long + "a")).Message);
    }

    [Fact]
    public void TagLengthIsBounded()
    {
        string tag = new('t', 128);
        Assert.Equal(tag, ImageReference.Parse("a:" + tag).Tag);
        Assert.Throws<ImageException>(() => ImageReference.Parse("a:" + tag + "t"));
    }

    [Fact]
    public void ManifestReferencePrefersTheDigest()
    {
        Assert.Equal("sha256:" + Hex, ImageReference.Parse("a:b@sha256:" + Hex).ManifestReference);
        Assert.Equal("b", ImageReference.Parse("a:b").ManifestReference);
    }

    [Fact]
    public void RandomTextNeverBreaksTheParser()
    {
        var random = new Random(20261);
        const string Alphabet = "abzAZ019._-/:@[]%é\n sha256localhostdocker.io";
        for (int i = 0; i < 200_000; i++)
        {
            string text = string.Create(random.Next(40), random, (span, r) =>
            {
                foreach (ref char c in span)
                {
                    c = Alphabet[r.Next(Alphabet.Length)];
                }
            });
            if (ImageReference.TryParse(text, out ImageReference? reference))
            {
                Assert.Equal(reference, ImageReference.Parse(reference.ToString()));
                Assert.Equal(reference, ImageReference.Parse(reference.Familiar));
            }
        }
    }
}
