using System.Globalization;
using MicroVm.Api;

namespace MicroVm.Daemon.Endpoints;

/// <summary>The API version that a request's path names (<c>/v1.41/containers/json</c>); none is the newest.</summary>
internal readonly record struct RequestVersion(int Minor)
{
    private const string Item = "mvm.api-version";
    private static readonly int s_current = MinorOf(ApiVersions.Current);
    private static readonly int s_minimum = MinorOf(ApiVersions.Minimum);

    public static RequestVersion Of(HttpContext context) =>
        new(context.Items.TryGetValue(Item, out object? minor) ? (int)minor! : s_current);

    /// <summary>From 1.42 on the content type tells multiplexed and raw streams apart.</summary>
    public bool NamesMultiplexedStreams => Minor >= 42;

    /// <summary>Cuts the prefix off the path, so that routes need not know it.</summary>
    public static void TakeFromPath(HttpContext context)
    {
        string path = context.Request.Path.Value ?? "";
        if (!path.StartsWith("/v", StringComparison.Ordinal) || path.Length < 3 || !char.IsAsciiDigit(path[2]))
        {
            return;
        }

        int end = path.IndexOf('/', 2);
        string version = end < 0 ? path[2..] : path[2..end];
        if (TryParse(version, out int major, out int minor))
        {
            Check(version, major, minor);
            context.Items[Item] = minor;
            context.Request.Path = end < 0 ? "/" : path[end..];
        }
    }

    private static void Check(string version, int major, int minor)
    {
        if (major < 1 || (major == 1 && minor < s_minimum))
        {
            throw ApiException.BadRequest($"client version {version} is too old. Minimum supported API version is "
                + $"{ApiVersions.Minimum}, please upgrade your client to a newer version");
        }

        if (major > 1 || minor > s_current)
        {
            throw ApiException.BadRequest(
                $"client version {version} is too new. Maximum supported API version is {ApiVersions.Current}");
        }
    }

    private static bool TryParse(string version, out int major, out int minor)
    {
        minor = 0;
        int dot = version.IndexOf('.', StringComparison.Ordinal);
        return TryParseNumber(dot < 0 ? "" : version[..dot], out major) && TryParseNumber(version[(dot + 1)..], out minor);
    }

    private static bool TryParseNumber(string text, out int number)
    {
        number = 0;
        return text.Length <= 4 && int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number);
    }

    private static int MinorOf(string version) => int.Parse(version.AsSpan(2), CultureInfo.InvariantCulture);
}
