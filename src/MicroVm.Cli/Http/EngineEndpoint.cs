using MicroVm.Cli.Interop;

namespace MicroVm.Cli.Http;

/// <summary>Where mvmd listens.</summary>
/// <param name="Path">Path of the Unix socket.</param>
/// <param name="IsDefault">The user named none: mvmd is started when nothing listens there.</param>
internal sealed record EngineEndpoint(string Path, bool IsDefault)
{
    private const string Scheme = "unix://";

    /// <param name="host">-H; null: MVM_HOST, else the default of the user.</param>
    internal static EngineEndpoint Resolve(string? host)
    {
        host ??= Environment.GetEnvironmentVariable("MVM_HOST");
        return string.IsNullOrEmpty(host)
            ? new EngineEndpoint(System.IO.Path.Combine(RuntimeDirectory(), "mvm.sock"), IsDefault: true)
            : new EngineEndpoint(ParseHost(host), IsDefault: false);
    }

    /// <summary>/run/mvm for root, else $XDG_RUNTIME_DIR/mvm.</summary>
    internal static string RuntimeDirectory()
    {
        uint user = Libc.GetUserId();
        if (user == 0)
        {
            return "/run/mvm";
        }

        string? runtime = Environment.GetEnvironmentVariable("XDG_RUNTIME_DIR");
        return string.IsNullOrEmpty(runtime) ? $"/run/user/{user}/mvm" : System.IO.Path.Combine(runtime, "mvm");
    }

    private static string ParseHost(string host)
    {
        string path = host.StartsWith(Scheme, StringComparison.Ordinal) ? host[Scheme.Length..] : host;
        return path.StartsWith('/')
            ? path
            : throw new CliException($"unable to parse host '{host}': give the Unix socket as unix:///path/mvm.sock");
    }
}
