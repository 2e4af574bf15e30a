using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using MicroVm.Cli.Interop;
using MicroVm.Cli.Values;

namespace MicroVm.Cli.Images;

/// <summary>Docker's configuration file (<c>$DOCKER_CONFIG/config.json</c>), as far as it keeps who logged in where.</summary>
internal static class LoginFile
{
    private const string DockerHub = "docker.io";
    private const string DockerHubKey = "https://index.docker.io/v1/";
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private static readonly JsonSerializerOptions s_readable = new()
    {
        WriteIndented = true,
        IndentCharacter = '\t',
        IndentSize = 1,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    internal static string Path
    {
        get
        {
            string? directory = Environment.GetEnvironmentVariable("DOCKER_CONFIG");
            directory = string.IsNullOrEmpty(directory) ? System.IO.Path.Combine(Environment.GetEnvironmentVariable("HOME") ?? "/", ".docker") : directory;
            return System.IO.Path.Combine(directory, "config.json");
        }
    }

    /// <summary>A registry as the file names it: host[:port], or Docker Hub's old address.</summary>
    internal static string KeyOf(string server)
    {
        int scheme = server.IndexOf("://", StringComparison.Ordinal);
        string host = (scheme < 0 ? server : server[(scheme + 3)..]).Split('/')[0];
        return host is "" or DockerHub or "index.docker.io" ? DockerHubKey : host;
    }

    /// <summary>Null: nobody is logged in there.</summary>
    /// <exception cref="CliException">The file is none of Docker's.</exception>
    internal static (string User, string Password)? Find(string key)
    {
        try
        {
            return (Read()["auths"] as JsonObject)?[key]?["auth"] is { } auth ? Decode(auth.GetValue<string>()) : null;
        }
        catch (Exception failure) when (failure is InvalidOperationException or FormatException)
        {
            throw Malformed();
        }
    }

    /// <summary>Every registry that somebody is logged in to.</summary>
    /// <exception cref="CliException">The file is none of Docker's.</exception>
    internal static List<(string Registry, string User, string Password)> All()
    {
        List<(string Registry, string User, string Password)> all = [];
        foreach ((string registry, _) in Read()["auths"] as JsonObject ?? [])
        {
            if (Find(registry) is { } login)
            {
                all.Add((registry, login.User, login.Password));
            }
        }

        return all;
    }

    internal static void Set(string key, string user, string password)
    {
        JsonObject file = Read();
        string auth = Convert.ToBase64String(Encoding.UTF8.GetBytes($"{user}:{password}"));
        Logins(file)[key] = new JsonObject { ["auth"] = auth };
        Write(file);
    }

    /// <returns>False: nobody was logged in there.</returns>
    internal static bool Remove(string key)
    {
        JsonObject file = Read();
        bool isThere = Logins(file).Remove(key);
        if (isThere)
        {
            Write(file);
        }

        return isThere;
    }

    private static JsonObject Logins(JsonObject file)
    {
        if (file["auths"] is not JsonObject logins)
        {
            file["auths"] = logins = [];
        }

        return logins;
    }

    /// <summary>All that is in the file: what others keep there stays.</summary>
    private static JsonObject Read()
    {
        try
        {
            return JsonNode.Parse(SmallFile.Read(Path)) as JsonObject ?? throw Malformed();
        }
        catch (SystemCallException failure) when (failure.Error is Constants.ENOENT or Constants.ENOTDIR)
        {
            return [];
        }
        catch (JsonException)
        {
            throw Malformed();
        }
    }

    /// <summary>Whole or not at all, and readable by its owner alone.</summary>
    private static void Write(JsonObject file)
    {
        string path = File.ResolveLinkTarget(Path, returnFinalTarget: true)?.FullName ?? Path;
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(path)!, OwnerOnly | UnixFileMode.UserExecute);
        string made = $"{path}.{Environment.ProcessId}";
        using (FileStream stream = new(made, new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write, UnixCreateMode = OwnerOnly }))
        {
            stream.Write(Encoding.UTF8.GetBytes(file.ToJsonString(s_readable) + "\n"));
            stream.Flush(flushToDisk: true);
        }

        File.Move(made, path, overwrite: true);
    }

    private static (string User, string Password)? Decode(string auth)
    {
        string pair = Encoding.UTF8.GetString(Convert.FromBase64String(auth));
        int colon = pair.IndexOf(':', StringComparison.Ordinal);
        return colon > 0 ? (pair[..colon], pair[(colon + 1)..].TrimEnd('\0')) : null;
    }

    private static CliException Malformed() => new($"{Path} is not a valid Docker configuration file");
}
