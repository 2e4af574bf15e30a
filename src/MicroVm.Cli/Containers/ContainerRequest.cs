using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using MicroVm.Api.Containers;
using MicroVm.Cli.Terminal;
using MicroVm.Cli.Values;

namespace MicroVm.Cli.Containers;

/// <summary>
/// Writes the body of <c>POST /containers/create</c>. Written member by member, because serialising the DTO costs
/// twice the time of all the rest before the first request; the DTOs' member names are used, so that the two can't
/// drift apart.
/// </summary>
internal static partial class ContainerRequest
{
    private static readonly JsonWriterOptions s_options = new()
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        SkipValidation = true,
    };

    /// <param name="window">The terminal's size with --tty, else null.</param>
    /// <exception cref="CliException">A file or a value is wrong.</exception>
    internal static ReadOnlyMemory<byte> Write(ContainerOptions options, TerminalSize? window)
    {
        var buffer = new ArrayBufferWriter<byte>(2048);
        var ports = options.Published.SelectMany(PortSpec.Parse).ToList();
        using (var json = new Utf8JsonWriter(buffer, s_options))
        {
            json.WriteStartObject();
            WriteConfig(json, options, ports);
            json.WriteStartObject(nameof(ContainerCreateRequest.HostConfig));
            WriteHostConfig(json, options, window);
            WriteNetwork(json, options, ports);
            json.WriteEndObject();
            json.WriteEndObject();
        }

        return buffer.WrittenMemory;
    }

    private static void WriteConfig(Utf8JsonWriter json, ContainerOptions options, List<PortSpec> ports)
    {
        json.WriteString(nameof(ContainerConfig.Image), options.Image);
        Text(json, nameof(ContainerConfig.Hostname), options.Hostname);
        Text(json, nameof(ContainerConfig.Domainname), options.Domainname);
        Text(json, nameof(ContainerConfig.User), options.User);
        Text(json, nameof(ContainerConfig.WorkingDir), options.WorkingDirectory);
        Text(json, nameof(ContainerConfig.StopSignal), options.StopSignal);
        json.WriteBoolean(nameof(ContainerConfig.AttachStdin), options.AttachStdin);
        json.WriteBoolean(nameof(ContainerConfig.AttachStdout), options.AttachStdout);
        json.WriteBoolean(nameof(ContainerConfig.AttachStderr), options.AttachStderr);
        json.WriteBoolean(nameof(ContainerConfig.Tty), options.Terminal);
        json.WriteBoolean(nameof(ContainerConfig.OpenStdin), options.Interactive);
        json.WriteBoolean(nameof(ContainerConfig.StdinOnce), options.Interactive && options.AttachStdin);
        Texts(json, nameof(ContainerConfig.Env), EnvironmentOf(options));
        Texts(json, nameof(ContainerConfig.Cmd), options.Command);
        if (options.Entrypoint is { } entrypoint)
        {
            // One empty string clears the image's entrypoint.
            json.WriteStartArray(nameof(ContainerConfig.Entrypoint));
            json.WriteStringValue(entrypoint);
            json.WriteEndArray();
        }

        if (options.StopTimeout is { } seconds)
        {
            json.WriteNumber(nameof(ContainerConfig.StopTimeout), seconds);
        }

        Pairs(json, nameof(ContainerConfig.Labels), LabelsOf(options));
        WriteExposed(json, options.Exposed.SelectMany(PortSpec.ParseExposed).Concat(ports.Select(port => port.Port)));
    }

    private static void WriteExposed(Utf8JsonWriter json, IEnumerable<string> ports)
    {
        var distinct = ports.ToHashSet();
        if (distinct.Count == 0)
        {
            return;
        }

        json.WriteStartObject(nameof(ContainerConfig.ExposedPorts));
        foreach (string port in distinct)
        {
            json.WriteStartObject(port);
            json.WriteEndObject();
        }

        json.WriteEndObject();
    }

    private static List<string> EnvironmentOf(ContainerOptions options) =>
    [
        .. options.EnvironmentFiles.SelectMany(path => KeyValueFile.Read(path, Environment.GetEnvironmentVariable)),
        .. options.Environment,
    ];

    private static Dictionary<string, string> LabelsOf(ContainerOptions options)
    {
        var labels = new Dictionary<string, string>();
        foreach (string label in options.LabelFiles.SelectMany(path => KeyValueFile.Read(path, null)).Concat(options.Labels))
        {
            int equals = label.IndexOf('=', StringComparison.Ordinal);
            labels[equals < 0 ? label : label[..equals]] = equals < 0 ? "" : label[(equals + 1)..];
        }

        return labels;
    }

    private static void Text(Utf8JsonWriter json, string name, string? value)
    {
        if (value is { Length: > 0 })
        {
            json.WriteString(name, value);
        }
    }

    private static void Texts(Utf8JsonWriter json, string name, List<string> values)
    {
        if (values.Count == 0)
        {
            return;
        }

        json.WriteStartArray(name);
        foreach (string value in values)
        {
            json.WriteStringValue(value);
        }

        json.WriteEndArray();
    }

    private static void Pairs(Utf8JsonWriter json, string name, Dictionary<string, string> values)
    {
        if (values.Count == 0)
        {
            return;
        }

        json.WriteStartObject(name);
        foreach ((string key, string value) in values)
        {
            json.WriteString(key, value);
        }

        json.WriteEndObject();
    }
}
