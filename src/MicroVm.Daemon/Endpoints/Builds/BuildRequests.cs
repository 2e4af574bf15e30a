using System.Buffers.Text;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using MicroVm.Api;
using MicroVm.Api.Containers;
using MicroVm.Api.Images;
using MicroVm.Engine.Builds;
using MicroVm.Engine.Containers;
using MicroVm.Images.References;
using MicroVm.Images.Store;

namespace MicroVm.Daemon.Endpoints.Builds;

/// <summary>The query of <c>POST /build</c> and what its headers say.</summary>
internal static class BuildRequests
{
    private const int MaxNames = 100;
    private const int MaxJson = 1 << 20;
    private const string BuildKit = "2";
    private const string DockerHub = "docker.io";

    public static BuildRequest From(HttpContext context)
    {
        Refuse(context.Query("version") == BuildKit, "BuildKit is not supported: set DOCKER_BUILDKIT=0");
        Refuse(context.QueryFlag("squash"), "squash is not supported: the layers of a build stay as they are");
        Refuse(context.Query("outputs") is not ("" or "[]" or "null"), "outputs are not supported: a build makes an image");
        Platforms.Check(context.Query("platform"));
        IReadOnlyDictionary<string, AuthConfig> credentials = Credentials(context.Request.Headers["X-Registry-Config"].ToString());
        return new()
        {
            Context = context.Request.Body,
            Remote = context.Query("remote"),
            Dockerfile = context.Query("dockerfile") is { Length: > 0 } path ? path : "Dockerfile",
            Names = Names(context),
            NoCache = context.QueryFlag("nocache"),
            Pull = context.QueryFlag("pull"),
            KeepsContainers = context.Query("rm").Length > 0 && !context.QueryFlag("rm") && !context.QueryFlag("forcerm"),
            Arguments = Json(context, "buildargs", ApiJsonContext.Api.IReadOnlyDictionaryStringString) ?? new Dictionary<string, string?>(),
            Labels = ContainerSpecs.Labels(Json(context, "labels", ApiJsonContext.Api.IReadOnlyDictionaryStringString)),
            CacheFrom = Json(context, "cachefrom", ApiJsonContext.Api.IReadOnlyListString) ?? [],
            Target = context.Query("target"),
            Platform = context.Query("platform"),
            Container = Container(context),
            Credentials = domain => CredentialsFor(credentials, domain),
        };
    }

    /// <summary>As a create request has them, so that they mean the same, and what is not supported is refused alike.</summary>
    private static ContainerSpec Container(HttpContext context)
    {
        var request = new ContainerCreateRequest
        {
            Image = "build",
            HostConfig = new()
            {
                Memory = Number(context, "memory"),
                CpuQuota = Number(context, "cpuquota"),
                CpuPeriod = Number(context, "cpuperiod"),
                ShmSize = Number(context, "shmsize"),
                NetworkMode = context.Query("networkmode"),
                ExtraHosts = [.. context.Request.Query["extrahosts"].SelectMany(hosts => (hosts ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries))],
                Ulimits = Json(context, "ulimits", ApiJsonContext.Api.IReadOnlyListUlimitConfig),
            },
        };
        _ = CreateSupport.Check(request);
        return ContainerSpecs.From(request);
    }

    private static List<ImageReference> Names(HttpContext context)
    {
        string[] names = [.. context.Request.Query["t"].OfType<string>().Where(name => name.Length > 0)];
        return names.Length <= MaxNames
            ? [.. names.Select(name => ImageEndpoints.ParseReference(name, "")).Distinct()]
            : throw ApiException.BadRequest($"{names.Length} names are given: at most {MaxNames}");
    }

    private static long Number(HttpContext context, string name)
    {
        string text = context.Query(name);
        return text.Length == 0 ? 0
            : long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long number) ? number
            : throw ApiException.BadRequest($"invalid value of {name}: \"{text[..Math.Min(text.Length, 40)]}\" is not a number");
    }

    private static T? Json<T>(HttpContext context, string name, JsonTypeInfo<T> type)
        where T : class
    {
        string text = context.Query(name);
        if (text.Length is 0 or > MaxJson)
        {
            return text.Length == 0 ? null : throw ApiException.BadRequest($"{name} is longer than {MaxJson} characters");
        }

        try
        {
            return JsonSerializer.Deserialize(text, type);
        }
        catch (JsonException)
        {
            throw ApiException.BadRequest($"invalid value of {name}: it is not JSON of the expected shape");
        }
    }

    /// <summary>By registry, as the client's configuration names it. Anything unreadable counts as nothing, as for pulls.</summary>
    private static IReadOnlyDictionary<string, AuthConfig> Credentials(string header)
    {
        try
        {
            byte[] json = header.Length is > 0 and < MaxJson ? Base64Url.DecodeFromChars(header.Replace('+', '-').Replace('/', '_')) : "{}"u8.ToArray();
            return JsonSerializer.Deserialize(json, ApiJsonContext.Api.IReadOnlyDictionaryStringAuthConfig) ?? new Dictionary<string, AuthConfig>();
        }
        catch (Exception e) when (e is FormatException or JsonException)
        {
            return new Dictionary<string, AuthConfig>();
        }
    }

    private static RegistryCredentials? CredentialsFor(IReadOnlyDictionary<string, AuthConfig> known, string domain) =>
        known.FirstOrDefault(pair => HostOf(pair.Key) == domain) is { Value: { } auth } ? ImageEndpoints.Credentials(auth) : null;

    /// <summary>https://index.docker.io/v1/ is docker.io.</summary>
    private static string HostOf(string key)
    {
        int scheme = key.IndexOf("://", StringComparison.Ordinal);
        string host = (scheme < 0 ? key : key[(scheme + 3)..]).Split('/')[0];
        return host is "index.docker.io" ? DockerHub : host;
    }

    private static void Refuse(bool condition, string message)
    {
        if (condition)
        {
            throw ApiException.Unsupported(message);
        }
    }
}
