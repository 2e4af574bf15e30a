namespace MicroVm.Daemon.Endpoints;

/// <summary>--platform: one is run here.</summary>
internal static class Platforms
{
    public static void Check(string platform)
    {
        if (platform is not ("" or "linux/amd64" or "linux/x86_64" or "linux"))
        {
            throw ApiException.BadRequest($"platform {platform} is not supported: images run as linux/amd64");
        }
    }
}
