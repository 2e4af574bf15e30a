using System.Text.Json;
using MicroVm.Api.Containers;
using MicroVm.Cli.Interop;
using MicroVm.Cli.Terminal;
using MicroVm.Cli.Values;

namespace MicroVm.Cli.Containers;

internal static partial class ContainerRequest
{
    private static void WriteHostConfig(Utf8JsonWriter json, ContainerOptions options, TerminalSize? window)
    {
        json.WriteBoolean(nameof(HostConfig.AutoRemove), options.Remove);
        json.WriteBoolean(nameof(HostConfig.Privileged), options.Privileged);
        json.WriteBoolean(nameof(HostConfig.ReadonlyRootfs), options.ReadOnly);
        Text(json, nameof(HostConfig.ContainerIDFile), options.ContainerIdFile);
        Number(json, nameof(HostConfig.Memory), options.Memory);
        Number(json, nameof(HostConfig.NanoCpus), options.NanoCpus);
        Number(json, nameof(HostConfig.ShmSize), options.ShmSize);
        Number(json, nameof(HostConfig.OomScoreAdj), options.OomScoreAdjust);
        Texts(json, nameof(HostConfig.CapAdd), options.CapabilitiesAdded);
        Texts(json, nameof(HostConfig.CapDrop), options.CapabilitiesDropped);
        Texts(json, nameof(HostConfig.GroupAdd), options.Groups);
        Pairs(json, nameof(HostConfig.Tmpfs), options.Tmpfs);
        Pairs(json, nameof(HostConfig.Sysctls), options.Sysctls);
        Pairs(json, nameof(HostConfig.StorageOpt), StorageOf(options.StorageOptions));
        WriteSecurity(json, options.SecurityOptions);
        WriteUlimits(json, options.Ulimits.Values);
        if (options.Init is { } init)
        {
            json.WriteBoolean(nameof(HostConfig.Init), init);
        }

        if (window is { } size)
        {
            json.WriteStartArray(nameof(HostConfig.ConsoleSize));
            json.WriteNumberValue(size.Rows);
            json.WriteNumberValue(size.Columns);
            json.WriteEndArray();
        }
    }

    private static void WriteNetwork(Utf8JsonWriter json, ContainerOptions options, List<PortSpec> ports)
    {
        json.WriteString(nameof(HostConfig.NetworkMode), options.Network);
        json.WriteBoolean(nameof(HostConfig.PublishAllPorts), options.PublishAll);
        Texts(json, nameof(HostConfig.Dns), options.Dns);
        Texts(json, nameof(HostConfig.DnsSearch), options.DnsSearch);
        Texts(json, nameof(HostConfig.DnsOptions), options.DnsOptions);
        Texts(json, nameof(HostConfig.ExtraHosts), options.ExtraHosts);
        if (ports.Count == 0)
        {
            return;
        }

        json.WriteStartObject(nameof(HostConfig.PortBindings));
        foreach (var bindings in ports.GroupBy(port => port.Port))
        {
            json.WriteStartArray(bindings.Key);
            foreach (PortSpec binding in bindings)
            {
                json.WriteStartObject();
                json.WriteString(nameof(PortBinding.HostIp), binding.HostAddress);
                json.WriteString(nameof(PortBinding.HostPort), binding.HostPort);
                json.WriteEndObject();
            }

            json.WriteEndArray();
        }

        json.WriteEndObject();
    }

    private static void WriteUlimits(Utf8JsonWriter json, Dictionary<string, Ulimit>.ValueCollection limits)
    {
        if (limits.Count == 0)
        {
            return;
        }

        json.WriteStartArray(nameof(HostConfig.Ulimits));
        foreach (Ulimit limit in limits.OrderBy(limit => limit.Name, StringComparer.Ordinal))
        {
            json.WriteStartObject();
            json.WriteString(nameof(UlimitConfig.Name), limit.Name);
            json.WriteNumber(nameof(UlimitConfig.Soft), limit.Soft);
            json.WriteNumber(nameof(UlimitConfig.Hard), limit.Hard);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    /// <summary>A seccomp profile is sent by its content; <c>systempaths=unconfined</c> becomes two empty path lists.</summary>
    private static void WriteSecurity(Utf8JsonWriter json, List<string> given)
    {
        var sent = new List<string>();
        foreach (string option in given)
        {
            if (option == "systempaths=unconfined")
            {
                json.WriteStartArray(nameof(HostConfig.MaskedPaths));
                json.WriteEndArray();
                json.WriteStartArray(nameof(HostConfig.ReadonlyPaths));
                json.WriteEndArray();
                continue;
            }

            sent.Add(SecurityOption(option));
        }

        Texts(json, nameof(HostConfig.SecurityOpt), sent);
    }

    private static string SecurityOption(string option)
    {
        int separator = option.IndexOfAny(['=', ':']);
        if (separator < 0 && option != "no-new-privileges")
        {
            throw new CliException($"Invalid --security-opt: \"{option}\"");
        }

        string value = separator < 0 ? "" : option[(separator + 1)..];
        bool isProfile = separator > 0 && option[..separator] == "seccomp" && value is not ("unconfined" or "builtin");
        return isProfile ? "seccomp=" + ReadProfile(value) : option;
    }

    private static string ReadProfile(string path)
    {
        try
        {
            using JsonDocument profile = JsonDocument.Parse(SmallFile.Read(path));
            return profile.RootElement.GetRawText();
        }
        catch (SystemCallException failure)
        {
            throw new CliException($"opening seccomp profile ({path}) failed: {failure.Message}");
        }
        catch (JsonException)
        {
            throw new CliException($"compacting json for seccomp profile ({path}) failed: not JSON");
        }
    }

    private static Dictionary<string, string> StorageOf(List<string> options)
    {
        var pairs = new Dictionary<string, string>();
        foreach (string option in options)
        {
            int equals = option.IndexOf('=', StringComparison.Ordinal);
            pairs[equals > 0 ? option[..equals] : throw new CliException("invalid storage option")] = option[(equals + 1)..];
        }

        return pairs;
    }

    private static void Number(Utf8JsonWriter json, string name, long value)
    {
        if (value != 0)
        {
            json.WriteNumber(name, value);
        }
    }
}
