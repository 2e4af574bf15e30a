using System.Buffers;
using System.Buffers.Text;
using System.Text.Json;

namespace MicroVm.Cli.Images;

/// <summary>Credentials as the API wants them.</summary>
internal static class RegistryAuth
{
    /// <summary>The X-Registry-Auth header line, from what a login left; empty: no credentials are known for this registry.</summary>
    internal static string HeaderFor(string domain) => LoginFile.Find(LoginFile.KeyOf(domain)) is { } login
        ? $"X-Registry-Auth: {Base64Url.EncodeToString(Document(login.User, login.Password, domain))}\r\n"
        : "";

    /// <summary>The body of <c>POST /auth</c>.</summary>
    internal static ReadOnlySpan<byte> Document(string user, string password, string server)
    {
        var json = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(json))
        {
            writer.WriteStartObject();
            writer.WriteString("username", user);
            writer.WriteString("password", password);
            writer.WriteString("serveraddress", server);
            writer.WriteEndObject();
        }

        return json.WrittenSpan;
    }
}
