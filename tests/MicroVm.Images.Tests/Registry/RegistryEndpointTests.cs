using MicroVm.Images.References;
using MicroVm.Images.Registry;

namespace MicroVm.Images.Tests.Registry;

public class RegistryEndpointTests
{
    [Theory]
    [InlineData("app", "https://registry-1.docker.io/")]
    [InlineData("registry.example/app", "https://registry.example/")]
    [InlineData("registry.example:5000/app", "https://registry.example:5000/")]
    [InlineData("localhost:5000/app", "http://localhost:5000/ https://localhost:5000/")]
    [InlineData("127.9.9.9/app", "http://127.9.9.9/ https://127.9.9.9/")]
    [InlineData("[::1]:5000/app", "http://[::1]:5000/ https://[::1]:5000/")]
    [InlineData("10.1.2.3/app", "https://10.1.2.3/ http://10.1.2.3/")]
    [InlineData("10.2.2.3/app", "https://10.2.2.3/")]
    [InlineData("old.example/app", "https://old.example/ http://old.example/")]
    [InlineData("old.example:80/app", "https://old.example:80/ http://old.example/")]
    [InlineData("port.example:81/app", "https://port.example:81/ http://port.example:81/")]
    [InlineData("port.example/app", "https://port.example/")]
    public void AddressesOfARegistry(string reference, string expected)
    {
        var options = new RegistryOptions { InsecureRegistries = ["10.1.0.0/16", "old.example", "port.example:81"] };
        RegistryEndpoint endpoint = Assert.Single(RegistryEndpoint.For(ImageReference.Parse(reference), options));
        Assert.Equal(expected, string.Join(' ', endpoint.Bases));
        Assert.Equal(endpoint.Bases.Count > 1, endpoint.AllowsPlainHttp);
    }

    [Fact]
    public void MirrorsComeFirst()
    {
        var options = new RegistryOptions
        {
            Mirrors = new Dictionary<string, IReadOnlyList<string>> { ["docker.io"] = ["https://mirror.example/hub", "http://plain.example", "localhost:5000"] },
        };
        IReadOnlyList<RegistryEndpoint> endpoints = RegistryEndpoint.For(ImageReference.Parse("app"), options);
        Assert.Equal(
            ["https://mirror.example/hub/", "http://plain.example/", "http://localhost:5000/", "https://registry-1.docker.io/"],
            endpoints.Select(endpoint => endpoint.Bases[0].ToString()));
        Assert.Equal([true, true, true, false], endpoints.Select(endpoint => endpoint.IsMirror));
        Assert.Single(RegistryEndpoint.For(ImageReference.Parse("other.example/app"), options));
    }

    [Theory]
    [InlineData("ftp://mirror.example")]
    [InlineData("https://user:secret@mirror.example")]
    [InlineData("https://")]
    public void BadMirrorIsRefused(string mirror)
    {
        var options = new RegistryOptions { Mirrors = new Dictionary<string, IReadOnlyList<string>> { ["docker.io"] = [mirror] } };
        Assert.Throws<ImageException>(() => RegistryEndpoint.For(ImageReference.Parse("app"), options));
    }
}
