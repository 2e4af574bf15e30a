using System.Buffers;
using System.Buffers.Text;
using System.Text;
using System.Text.Json;
using MicroVm.Cli.Interop;
using MicroVm.Cli.Values;

namespace MicroVm.Cli.Images;

/// <summary>The X-Registry-Auth header, from what <c>docker login</c> left in Docker's configuration file.</summary>
internal static class RegistryAuth
{
    private const string DockerHubKey = "https://index.docker.io/v1/";

    /// <summary>The header line; empty: no credentials are known for this registry.</summary>
    internal static string HeaderFor(string domain)
    {
        if (Find(domain == "docker.io" ? DockerHubKey : domain) is not { } login)
        {
            return "";
        }

        var json = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(json))
        {
            writer.WriteStartObject();
            writer.WriteString("username", login.User);
            writer.WriteString("password", login.Password);
            writer.WriteString("serveraddress", domain);
            writer.WriteEndObject();
        }

        return $"X-Registry-Auth: {Base64Url.EncodeToString(json.WrittenSpan)}\r\n";
    }

    private static (string User, string Password)? Find(string key)
    {
        try
        {
            using JsonDocument config = JsonDocument.Parse(SmallFile.Read(ConfigPath()));
            return config.RootElement.TryGetProperty("auths", out JsonElement all)
                && all.TryGetProperty(key, out JsonElement entry)
                && entry.TryGetProperty("auth", out JsonElement auth)
                    ? Decode(auth.GetString() ?? "")
                    : null;
        }
        catch (SystemCallException)
        {
            return null; // No such file: nobody logged in.
        }
        catch (Exception failure) when (failure is JsonException or InvalidOperationException or FormatException)
        {
            throw new CliException($"{ConfigPath()} is not a valid Docker configuration file");
        }
    }

    private static (string User, string Password)? Decode(string auth)
    {
        string pair = Encoding.UTF8.GetString(Convert.FromBase64String(auth));
        int colon = pair.IndexOf(':', StringComparison.Ordinal);
        return colon > 0 ? (pair[..colon], pair[(colon + 1)..].TrimEnd('\0')) : null;
    }

    private static string ConfigPath()
    {
        string? directory = Environment.GetEnvironmentVariable("DOCKER_CONFIG");
        directory = string.IsNullOrEmpty(directory) ? Path.Combine(Environment.GetEnvironmentVariable("HOME") ?? "/", ".docker") : directory;
        return Path.Combine(directory, "config.json");
    }
}
