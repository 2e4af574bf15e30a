namespace MicroVm.Images.Registry;

/// <summary>
/// Where a registry may send us (redirects, token realms, urls of foreign layers). A hostile one must not make the
/// daemon talk to the host's own services, nor step down from HTTPS.
/// </summary>
internal static class TargetRules
{
    public static bool MayFollow(Uri target, RegistryEndpoint registry, RegistryOptions options)
    {
        if (target.UserInfo.Length > 0 || (RegistryEndpoint.IsThisMachine(target.DnsSafeHost) && !registry.IsLoopback))
        {
            return false;
        }

        return target.Scheme == Uri.UriSchemeHttps
            || (target.Scheme == Uri.UriSchemeHttp && registry.AllowsPlainHttp
                && (target.Authority == registry.Authority || RegistryEndpoint.IsInsecure(target, options)));
    }
}
