using System.Text;
using MicroVm.Images.Store;

namespace MicroVm.Images.Tests.Store;

public class ImageConfigReaderTests
{
    private const string Full = """
        {
          "created": "2024-01-02T03:04:05.6Z", "author": "a", "docker_version": "28.2", "architecture": "arm64", "os": "linux", "variant": "v8",
          "config": {
            "User": "1000:www", "Env": ["A=1", "B"], "Entrypoint": ["/e"], "Cmd": "one string", "WorkingDir": "/w",
            "Labels": {"k": "v", "empty": null}, "ExposedPorts": {"80/tcp": {}}, "Volumes": {"/data": {}}, "StopSignal": "SIGINT",
            "Shell": ["sh", "-c"],
            "Healthcheck": {"Test": ["CMD", "x"], "Interval": 30000000000, "Timeout": 1, "StartPeriod": 2, "StartInterval": 3, "Retries": 4}
          },
          "history": [{"created": "x", "created_by": "RUN y", "author": "z", "comment": "c", "empty_layer": true}, {}],
          "rootfs": {"type": "layers", "diff_ids": ["sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"]}
        }
        """;

    [Fact]
    public void ReadsEveryMember()
    {
        ParsedImageConfig parsed = Parse(Full);
        ImageConfig config = parsed.Config;
        Assert.Equal(new string('a', 64), Assert.Single(parsed.DiffIds).Hex);
        Assert.Equal(("arm64", "linux", "v8"), (config.Architecture, config.Os, config.Variant));
        Assert.Equal(("2024-01-02T03:04:05.6Z", "a", "28.2"), (config.Created, config.Author, config.DockerVersion));
        Assert.Equal(("1000:www", "/w", "SIGINT"), (config.User, config.WorkingDir, config.StopSignal));
        Assert.Equal(["A=1", "B"], config.Env);
        Assert.Equal(["/e"], config.Entrypoint);
        Assert.Equal(["one string"], config.Cmd);
        Assert.Equal(["sh", "-c"], config.Shell);
        Assert.Equal(new Dictionary<string, string> { ["k"] = "v", ["empty"] = "" }, config.Labels);
        Assert.Equal(["80/tcp"], config.ExposedPorts);
        Assert.Equal(["/data"], config.Volumes);
        HealthcheckConfig check = config.Healthcheck!;
        Assert.Equal(["CMD", "x"], check.Test);
        Assert.Equal((30_000_000_000, 1, 2, 3, 4), (check.Interval, check.Timeout, check.StartPeriod, check.StartInterval, check.Retries));
        Assert.Equal([new("x", "RUN y", "z", "c", true), new(null, null, null, null, false)], config.History);
    }

    [Fact]
    public void MissingAndNullMembersAreDefaults()
    {
        ImageConfig config = Parse("""{"config":{"Env":null,"Cmd":null,"Labels":null,"Healthcheck":null},"rootfs":{"type":"layers","diff_ids":null}}""").Config;
        Assert.Empty(config.Env);
        Assert.Null(config.Cmd);
        Assert.Null(config.Entrypoint);
        Assert.Empty(config.Labels);
        Assert.Null(config.Healthcheck);
    }

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("""{"rootfs":{"type":"other"}}""")]
    [InlineData("""{"rootfs":{"type":"layers","diff_ids":["md5:x"]}}""")]
    [InlineData("""{"rootfs":{"type":"layers"},"config":{"Env":"A=1"}}""")]
    [InlineData("""{"rootfs":{"type":"layers"},"config":{"Env":[1]}}""")]
    [InlineData("""{"rootfs":{"type":"layers"},"config":{"Env":["A=\u0000"]}}""")]
    [InlineData("""{"rootfs":{"type":"layers"},"config":{"User":"\ud800"}}""")]
    [InlineData("""{"rootfs":{"type":"layers"},"config":{"Labels":{"\u0000":""}}}""")]
    [InlineData("""{"rootfs":{"type":"layers"},"config":{"Healthcheck":{"Interval":1e99}}}""")]
    [InlineData("""{"rootfs":{"type":"layers"}} x""")]
    public void Refuses(string json)
    {
        ImageException error = Assert.Throws<ImageException>(() => Parse(json));
        Assert.Equal(ImageErrorKind.Invalid, error.Kind);
        Assert.StartsWith("invalid image configuration: ", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', error.Message);
    }

    [Fact]
    public void LayersAreBounded()
    {
        string ids = string.Join(',', Enumerable.Repeat($"\"sha256:{new string('a', 64)}\"", ImageConfigReader.MaxLayers + 1));
        Assert.Throws<ImageException>(() => Parse($$"""{"rootfs":{"type":"layers","diff_ids":[{{ids}}]} }"""));
    }

    [Fact]
    public void SizeIsBounded() =>
        Assert.Throws<ImageException>(() => ImageConfigReader.Parse(new byte[ImageConfigReader.MaxSize + 1]));

    [Fact]
    public void DamagedJsonNeverBreaksTheReader()
    {
        byte[] whole = Encoding.UTF8.GetBytes(Full);
        var random = new Random(31337);
        for (int round = 0; round < 20_000; round++)
        {
            byte[] damaged = (byte[])whole.Clone();
            for (int i = random.Next(1, 5); i > 0; i--)
            {
                damaged[random.Next(damaged.Length)] = (byte)random.Next(256);
            }

            try
            {
                ImageConfigReader.Parse(damaged);
            }
            catch (ImageException e)
            {
                Assert.Equal(ImageErrorKind.Invalid, e.Kind);
            }
        }
    }

    private static ParsedImageConfig Parse(string json) => ImageConfigReader.Parse(Encoding.UTF8.GetBytes(json));
}
