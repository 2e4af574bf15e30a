using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using MicroVm.Images.Tests.Support;

namespace MicroVm.Images.Tests.Registry;

/// <summary>
/// HTTPS with a certificate authority of the test's own. On loopback no certificate is asked for, so the registry goes by
/// the machine's name, which every Debian machine can resolve.
/// </summary>
public sealed class TlsTests : IDisposable
{
    private static readonly string s_name = Dns.GetHostName();
    private readonly TemporaryDirectory _certificates = new();

    [Fact]
    public async Task CertificateOfAConfiguredAuthorityIsTrusted()
    {
        (X509Certificate2 authority, X509Certificate2 server) = MakeCertificates(s_name);
        await using StubRegistry registry = await StartAsync(server);
        Trust(registry.Host, authority);
        using var store = new TestStore(TestStore.Quick with { CertsDirectory = _certificates.Path });

        Assert.NotEmpty((await store.PullAsync($"{registry.Host}/app:1")).RepoTags);
    }

    [Fact]
    public async Task CertificateOfAnUnknownAuthorityIsRefused()
    {
        (_, X509Certificate2 server) = MakeCertificates(s_name);
        await using StubRegistry registry = await StartAsync(server);
        await ExpectAsync(registry, "x509: certificate signed by unknown authority");
    }

    [Fact]
    public async Task CertificateOfAnotherHostIsRefused()
    {
        (X509Certificate2 authority, X509Certificate2 server) = MakeCertificates("elsewhere.example");
        await using StubRegistry registry = await StartAsync(server);
        Trust(registry.Host, authority);
        await ExpectAsync(registry, "x509: certificate is not valid for this host name");
    }

    [Fact]
    public async Task PlainHttpIsRefusedWhereTlsIsDue()
    {
        await using StubRegistry registry = await StartAsync(null);
        await ExpectAsync(registry, "http: server gave HTTP response to HTTPS client");
        Assert.Empty(registry.Requests);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task InsecureRegistryMaySpeakEither(bool tls)
    {
        (_, X509Certificate2 server) = MakeCertificates("elsewhere.example");
        await using StubRegistry registry = await StartAsync(tls ? server : null);
        using var store = new TestStore(TestStore.Quick with { InsecureRegistries = [s_name] });

        Assert.NotEmpty((await store.PullAsync($"{registry.Host}/app:1")).RepoTags);
    }

    [Fact]
    public async Task LoopbackMaySpeakTls()
    {
        (_, X509Certificate2 server) = MakeCertificates("elsewhere.example");
        await using StubRegistry registry = await StubRegistry.StartAsync(server);
        registry.Add("app", "1", TestImage.Create());
        using var store = new TestStore();

        Assert.NotEmpty((await store.PullAsync($"{registry.Host}/app:1")).RepoTags);
    }

    public void Dispose() => _certificates.Dispose();

    private async Task ExpectAsync(StubRegistry registry, string message)
    {
        using var store = new TestStore(TestStore.Quick with { CertsDirectory = _certificates.Path });
        ImageException error = await Assert.ThrowsAsync<ImageException>(() => store.PullAsync($"{registry.Host}/app:1"));
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
        Assert.StartsWith($"Get \"https://{registry.Host}/v2/\": ", error.Message, StringComparison.Ordinal);
    }

    private static async Task<StubRegistry> StartAsync(X509Certificate2? certificate)
    {
        StubRegistry registry = await StubRegistry.StartAsync(certificate, s_name);
        registry.Add("app", "1", TestImage.Create());
        return registry;
    }

    private void Trust(string host, X509Certificate2 authority)
    {
        Directory.CreateDirectory(_certificates[host]);
        File.WriteAllText(_certificates[$"{host}/ca.crt"], authority.ExportCertificatePem());
    }

    private static (X509Certificate2 Authority, X509Certificate2 Server) MakeCertificates(string name)
    {
        DateTimeOffset now = DateTimeOffset.UtcNow;
        using ECDsa authorityKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var authorityRequest = new CertificateRequest("CN=Test CA", authorityKey, HashAlgorithmName.SHA256);
        authorityRequest.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        X509Certificate2 authority = authorityRequest.CreateSelfSigned(now.AddDays(-1), now.AddDays(1));

        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=registry", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(name);
        request.CertificateExtensions.Add(names.Build());
        using X509Certificate2 signed = request.Create(authority, now.AddDays(-1), now.AddDays(1), [1, 2, 3, 4]);
        using X509Certificate2 withKey = signed.CopyWithPrivateKey(key);
        return (authority, X509CertificateLoader.LoadPkcs12(withKey.Export(X509ContentType.Pfx), null));
    }
}
