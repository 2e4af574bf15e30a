using System.Net;
using MicroVm.Images.References;

namespace MicroVm.Images.Registry;

/// <summary>One place that may serve a repository: the registry itself or a mirror of it.</summary>
/// <param name="Bases">Addresses to try, in order: both schemes where plain HTTP is allowed.</param>
/// <param name="AllowsPlainHttp">Loopback, configured as insecure, or configured as an <c>http://</c> mirror.</param>
internal sealed record RegistryEndpoint(IReadOnlyList<Uri> Bases, bool AllowsPlainHttp, bool IsMirror)
{
    private const string DockerHub = "registry-1.docker.io";

    public string Authority => Bases[0].Authority;

    public bool IsLoopback => IsLoopbackHost(Bases[0].DnsSafeHost);

    /// <summary>The mirrors of a registry, then the registry itself.</summary>
    /// <exception cref="ImageException">Invalid: a configured mirror is no address.</exception>
    public static IReadOnlyList<RegistryEndpoint> For(ImageReference reference, RegistryOptions options)
    {
        var endpoints = new List<RegistryEndpoint>();
        if (options.Mirrors.TryGetValue(reference.Domain, out IReadOnlyList<string>? mirrors))
        {
            endpoints.AddRange(mirrors.Select(mirror => Mirror(mirror, options)));
        }

        string host = reference.Domain == ImageReference.DefaultDomain ? DockerHub : reference.Domain;
        endpoints.Add(Of(host, "", options, isMirror: false));
        return endpoints;
    }

    /// <summary>Loopback or configured: no valid certificate is asked for, plain HTTP will do.</summary>
    public static bool IsInsecure(Uri address, RegistryOptions options) =>
        IsLoopbackHost(address.DnsSafeHost) || options.InsecureRegistries.Any(entry => Covers(entry, address));

    public static bool IsLoopbackHost(string host) =>
        host.Equals("localhost", StringComparison.OrdinalIgnoreCase)
        || (IPAddress.TryParse(host, out IPAddress? address) && IPAddress.IsLoopback(Unmapped(address)));

    /// <summary>Every spelling that ends up at this machine's own services: loopback, and the unspecified address, which Linux connects to itself.</summary>
    public static bool IsThisMachine(string host)
    {
        string name = host.TrimEnd('.');
        return IsLoopbackHost(name)
            || name.EndsWith(".localhost", StringComparison.OrdinalIgnoreCase)
            || (IPAddress.TryParse(name, out IPAddress? address)
                && (Unmapped(address).Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any)));
    }

    private static IPAddress Unmapped(IPAddress address) => address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;

    private static RegistryEndpoint Mirror(string text, RegistryOptions options)
    {
        if (!text.Contains("://", StringComparison.Ordinal))
        {
            return Of(text.TrimEnd('/'), "", options, isMirror: true);
        }

        if (!Uri.TryCreate(text, UriKind.Absolute, out Uri? address) || address.Scheme is not ("http" or "https") || address.UserInfo.Length > 0)
        {
            throw new ImageException(ImageErrorKind.Invalid, $"registry mirror '{text}' is not an http or https address");
        }

        var slashed = new Uri(address.GetLeftPart(UriPartial.Path).TrimEnd('/') + "/");
        return new([slashed], address.Scheme == "http", IsMirror: true);
    }

    private static RegistryEndpoint Of(string host, string path, RegistryOptions options, bool isMirror)
    {
        if (!Uri.TryCreate($"https://{host}/{path}", UriKind.Absolute, out Uri? secure))
        {
            throw new ImageException(ImageErrorKind.Invalid, $"registry '{host}' is not a host name");
        }

        if (!IsInsecure(secure, options))
        {
            return new([secure], AllowsPlainHttp: false, isMirror);
        }

        // Nobody listens in on loopback, so what is most likely there goes first.
        var plain = new Uri($"http://{host}/{path}");
        return new(IsLoopbackHost(secure.DnsSafeHost) ? [plain, secure] : [secure, plain], AllowsPlainHttp: true, isMirror);
    }

    private static bool Covers(string entry, Uri address) =>
        entry.Equals(address.Authority, StringComparison.OrdinalIgnoreCase)
        || entry.Equals(address.DnsSafeHost, StringComparison.OrdinalIgnoreCase)
        || (IPNetwork.TryParse(entry, out IPNetwork network)
            && IPAddress.TryParse(address.DnsSafeHost, out IPAddress? ip)
            && network.Contains(ip));
}
