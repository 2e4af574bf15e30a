using System.Net;
using MicroVm.Images.References;
using MicroVm.Images.Store;

namespace MicroVm.Images.Registry;

/// <summary>Asks a registry whether it takes credentials (OCI distribution-spec, "Determining Support").</summary>
internal sealed class RegistryLogin(RegistryHttp http)
{
    private const string HubAddress = "index.docker.io";

    /// <param name="server">host[:port], or an address as Docker's clients send it (https://index.docker.io/v1/); empty: docker.io.</param>
    /// <exception cref="ImageException">Denied: it does not. Unavailable: it can't be asked. Invalid: that is no server.</exception>
    public async Task CheckAsync(string server, RegistryCredentials credentials, CancellationToken cancellationToken)
    {
        string host = HostOf(server);
        if (!ImageReference.TryParse(host + "/login", out ImageReference? reference) || reference.Domain != host)
        {
            throw new ImageException(ImageErrorKind.Invalid, $"'{Files.OneLine.Of(server)}' is not the address of a registry");
        }

        RegistryEndpoint endpoint = RegistryEndpoint.For(reference, http.Options)[^1];
        var session = new RegistrySession(endpoint, "", credentials, http, new TokenSource(http));
        try
        {
            using HttpResponseMessage response = await session.SendAsync(new(HttpMethod.Get, ""), cancellationToken);
        }
        catch (RegistryFailure e) when (e.Status == HttpStatusCode.Unauthorized && e.Code.Length == 0)
        {
            throw new ImageException(ImageErrorKind.Denied, $"login attempt to {endpoint.Authority} failed with status: 401 Unauthorized", e);
        }
        catch (RegistryFailure e)
        {
            throw PushErrors.Translate(e);
        }
    }

    private static string HostOf(string server)
    {
        int scheme = server.IndexOf("://", StringComparison.Ordinal);
        string host = (scheme < 0 ? server : server[(scheme + 3)..]).Split('/')[0];
        return host is "" or HubAddress ? ImageReference.DefaultDomain : host;
    }
}
