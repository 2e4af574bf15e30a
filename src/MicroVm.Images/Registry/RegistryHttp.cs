using System.Collections.Concurrent;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using MicroVm.Images.References;

namespace MicroVm.Images.Registry;

/// <summary>Connections to hosts: one <see cref="HttpClient"/> each, because certificates are configured by host.</summary>
internal sealed class RegistryHttp(RegistryOptions options) : IDisposable
{
    // Redirects choose hosts, so the number of clients kept is bounded.
    private const int MaxClients = 256;

    private readonly ConcurrentDictionary<string, HttpClient> _clients = new(StringComparer.OrdinalIgnoreCase);

    public RegistryOptions Options => options;

    public HttpClient For(Uri address)
    {
        if (_clients.Count >= MaxClients && !_clients.ContainsKey(address.Authority))
        {
            throw new ImageException(ImageErrorKind.Unavailable, $"too many registry hosts in use to reach {address.Authority}");
        }

        return _clients.GetOrAdd(address.Authority, _ => Create(address));
    }

    public void Dispose()
    {
        foreach (HttpClient client in _clients.Values)
        {
            client.Dispose();
        }
    }

    private HttpClient Create(Uri address)
    {
        var handler = new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseCookies = false,
            ConnectTimeout = options.ConnectTimeout,
            UseProxy = !RegistryEndpoint.IsLoopbackHost(address.DnsSafeHost),
            PooledConnectionIdleTimeout = TimeSpan.FromSeconds(30),
            SslOptions = Verify(address.Authority, RegistryEndpoint.IsInsecure(address, options)),
        };
        var client = new HttpClient(handler) { Timeout = Timeout.InfiniteTimeSpan };
        client.DefaultRequestHeaders.UserAgent.ParseAdd("mvm/0.1");
        return client;
    }

    // Loopback and hosts that the administrator listed as insecure need no certificate that anybody vouches for.
    private SslClientAuthenticationOptions Verify(string authority, bool isInsecure)
    {
        (X509Certificate2Collection roots, X509Certificate2Collection clients) = LoadCertificates(authority);
        return new()
        {
            ClientCertificates = clients.Count > 0 ? clients : null,
            RemoteCertificateValidationCallback = (_, certificate, chain, errors) =>
                isInsecure || IsTrusted(certificate, chain, errors, roots),
        };
    }

    private static bool IsTrusted(X509Certificate? certificate, X509Chain? presented, SslPolicyErrors errors, X509Certificate2Collection roots)
    {
        if (errors == SslPolicyErrors.None)
        {
            return true;
        }

        if (errors.HasFlag(SslPolicyErrors.RemoteCertificateNameMismatch))
        {
            throw new CertificateRefusedException("certificate is not valid for this host name");
        }

        using var chain = new X509Chain();
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.AddRange(roots);
        foreach (X509ChainElement element in (IEnumerable<X509ChainElement>?)presented?.ChainElements ?? [])
        {
            chain.ChainPolicy.ExtraStore.Add(element.Certificate);
        }

        return roots.Count > 0 && certificate is X509Certificate2 leaf && chain.Build(leaf)
            ? true
            : throw new CertificateRefusedException("certificate signed by unknown authority or not valid now");
    }

    private (X509Certificate2Collection Roots, X509Certificate2Collection Clients) LoadCertificates(string authority)
    {
        X509Certificate2Collection roots = [];
        X509Certificate2Collection clients = [];

        // The grammar of host names leaves no way out of the directory.
        if (options.CertsDirectory is null || !ReferenceGrammar.IsDomain(authority))
        {
            return (roots, clients);
        }

        string directory = Path.Combine(options.CertsDirectory, authority);
        if (!Directory.Exists(directory))
        {
            return (roots, clients);
        }

        try
        {
            foreach (string file in Directory.EnumerateFiles(directory, "*.crt"))
            {
                roots.ImportFromPemFile(file);
            }

            foreach (string file in Directory.EnumerateFiles(directory, "*.cert"))
            {
                clients.Add(X509Certificate2.CreateFromPemFile(file, Path.ChangeExtension(file, ".key")));
            }
        }
        catch (Exception e) when (e is CryptographicException or IOException or UnauthorizedAccessException)
        {
            throw new ImageException(ImageErrorKind.Unavailable, $"certificates in {directory} can't be used: {Files.OneLine.Of(e.Message)}", e);
        }

        return (roots, clients);
    }
}
