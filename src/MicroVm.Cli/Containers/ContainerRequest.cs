using MicroVm.Api.Containers;
using MicroVm.Cli.Json;
using MicroVm.Cli.Terminal;
using MicroVm.Cli.Values;

namespace MicroVm.Cli.Containers;

/// <summary>
/// Writes the body of <c>POST /containers/create</c>. Written member by member, because serialising the DTO costs
/// more than all the rest before the first request; the DTOs' member names are used, so that the two can't
/// drift apart.
/// </summary>
internal static partial class ContainerRequest
{
    /// <param name="window">The terminal's size with --tty, else null.</param>
    /// <exception cref="CliException">A file or a value is wrong.</exception>
    internal static byte[] Write(ContainerOptions options, TerminalSize? window)
    {
        List<PortSpec> ports = PortsOf(options);
        var json = new JsonBuilder();
        json.StartObject();
        WriteConfig(json, options, ports);
        json.StartObject(nameof(ContainerCreateRequest.HostConfig));
        WriteHostConfig(json, options, window);
        WriteNetwork(json, options, ports);
        json.EndObject();
        WriteEndpoints(json, options);
        json.EndObject();
        return json.ToUtf8();
    }

    private static void WriteConfig(JsonBuilder json, ContainerOptions options, List<PortSpec> ports)
    {
        json.Text(nameof(ContainerConfig.Image), options.Image);
        Text(json, nameof(ContainerConfig.Hostname), options.Hostname);
        Text(json, nameof(ContainerConfig.Domainname), options.Domainname);
        Text(json, nameof(ContainerConfig.User), options.User);
        Text(json, nameof(ContainerConfig.WorkingDir), options.WorkingDirectory);
        Text(json, nameof(ContainerConfig.StopSignal), options.StopSignal);
        json.Boolean(nameof(ContainerConfig.AttachStdin), options.AttachStdin);
        json.Boolean(nameof(ContainerConfig.AttachStdout), options.AttachStdout);
        json.Boolean(nameof(ContainerConfig.AttachStderr), options.AttachStderr);
        json.Boolean(nameof(ContainerConfig.Tty), options.Terminal);
        json.Boolean(nameof(ContainerConfig.OpenStdin), options.Interactive);
        json.Boolean(nameof(ContainerConfig.StdinOnce), options.Interactive && options.AttachStdin);
        Texts(json, nameof(ContainerConfig.Env), KeyValueFile.Variables(options.EnvironmentFiles, options.Environment));
        Texts(json, nameof(ContainerConfig.Cmd), options.Command);
        if (options.Entrypoint is { } entrypoint)
        {
            // One empty string clears the image's entrypoint.
            json.StartArray(nameof(ContainerConfig.Entrypoint));
            json.Text(entrypoint);
            json.EndArray();
        }

        if (options.StopTimeout is { } seconds)
        {
            json.Number(nameof(ContainerConfig.StopTimeout), seconds);
        }

        Pairs(json, nameof(ContainerConfig.Labels), LabelsOf(options));
        WriteVolumes(json, options.Volumes);
        WriteHealth(json, options.Health);
        WriteExposed(json, options.Exposed, ports);
    }

    private static List<PortSpec> PortsOf(ContainerOptions options)
    {
        var ports = new List<PortSpec>();
        foreach (string text in options.Published)
        {
            ports.AddRange(PortSpec.Parse(text));
        }

        return ports;
    }

    private static void WriteExposed(JsonBuilder json, List<string> exposed, List<PortSpec> published)
    {
        var names = new HashSet<string>();
        foreach (string text in exposed)
        {
            names.UnionWith(PortSpec.ParseExposed(text));
        }

        foreach (PortSpec port in published)
        {
            names.Add(port.Port);
        }

        if (names.Count == 0)
        {
            return;
        }

        json.StartObject(nameof(ContainerConfig.ExposedPorts));
        foreach (string name in names)
        {
            json.StartObject(name);
            json.EndObject();
        }

        json.EndObject();
    }

    private static Dictionary<string, string> LabelsOf(ContainerOptions options)
    {
        var given = new List<string>();
        foreach (string path in options.LabelFiles)
        {
            given.AddRange(KeyValueFile.Read(path, _ => null));
        }

        given.AddRange(options.Labels);
        var labels = new Dictionary<string, string>();
        foreach (string label in given)
        {
            int equals = label.IndexOf('=', StringComparison.Ordinal);
            labels[equals < 0 ? label : label[..equals]] = equals < 0 ? "" : label[(equals + 1)..];
        }

        return labels;
    }

    private static void Text(JsonBuilder json, string name, string? value)
    {
        if (value is { Length: > 0 })
        {
            json.Text(name, value);
        }
    }

    private static void Texts(JsonBuilder json, string name, List<string> values)
    {
        if (values.Count > 0)
        {
            json.Texts(name, values);
        }
    }

    private static void Pairs(JsonBuilder json, string name, Dictionary<string, string> values)
    {
        if (values.Count == 0)
        {
            return;
        }

        json.StartObject(name);
        foreach ((string key, string value) in values)
        {
            json.Text(key, value);
        }

        json.EndObject();
    }
}
