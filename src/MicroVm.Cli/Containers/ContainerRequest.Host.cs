using System.Text.Json;
using MicroVm.Api.Containers;
using MicroVm.Cli.Interop;
using MicroVm.Cli.Json;
using MicroVm.Cli.Terminal;
using MicroVm.Cli.Values;

namespace MicroVm.Cli.Containers;

internal static partial class ContainerRequest
{
    private static void WriteLog(JsonBuilder json, ContainerOptions options)
    {
        if (options.LogDriver is not null || options.LogOptions.Count > 0)
        {
            json.StartObject(nameof(HostConfig.LogConfig));
            Text(json, nameof(LogConfig.Type), options.LogDriver);
            Pairs(json, nameof(LogConfig.Config), options.LogOptions);
            json.EndObject();
        }
    }

    private static void WriteHostConfig(JsonBuilder json, ContainerOptions options, TerminalSize? window)
    {
        json.Boolean(nameof(HostConfig.AutoRemove), options.Remove);
        json.Boolean(nameof(HostConfig.Privileged), options.Privileged);
        json.Boolean(nameof(HostConfig.ReadonlyRootfs), options.ReadOnly);
        Text(json, nameof(HostConfig.ContainerIDFile), options.ContainerIdFile);
        Text(json, nameof(HostConfig.Runtime), options.Runtime);
        Number(json, nameof(HostConfig.Memory), options.Memory);
        Number(json, nameof(HostConfig.NanoCpus), options.NanoCpus);
        Number(json, nameof(HostConfig.PidsLimit), options.ProcessLimit);
        Number(json, nameof(HostConfig.ShmSize), options.ShmSize);
        Number(json, nameof(HostConfig.OomScoreAdj), options.OomScoreAdjust);
        Texts(json, nameof(HostConfig.CapAdd), options.CapabilitiesAdded);
        Texts(json, nameof(HostConfig.CapDrop), options.CapabilitiesDropped);
        Texts(json, nameof(HostConfig.GroupAdd), options.Groups);
        WriteMounts(json, options);
        Pairs(json, nameof(HostConfig.Sysctls), options.Sysctls);
        Pairs(json, nameof(HostConfig.StorageOpt), StorageOf(options.StorageOptions));
        WriteLog(json, options);
        WriteRestart(json, options);
        WriteSecurity(json, options.SecurityOptions);
        WriteUlimits(json, options.Ulimits.Values);
        if (options.Init is { } init)
        {
            json.Boolean(nameof(HostConfig.Init), init);
        }

        if (window is { } size)
        {
            json.StartArray(nameof(HostConfig.ConsoleSize));
            json.Number(size.Rows);
            json.Number(size.Columns);
            json.EndArray();
        }
    }

    private static void WriteNetwork(JsonBuilder json, ContainerOptions options, List<PortSpec> ports)
    {
        json.Text(nameof(HostConfig.NetworkMode), options.Networks.Count == 0 ? "default" : options.Networks[0]);
        json.Boolean(nameof(HostConfig.PublishAllPorts), options.PublishAll);
        Texts(json, nameof(HostConfig.Dns), options.Dns);
        Texts(json, nameof(HostConfig.DnsSearch), options.DnsSearch);
        Texts(json, nameof(HostConfig.DnsOptions), options.DnsOptions);
        Texts(json, nameof(HostConfig.ExtraHosts), options.ExtraHosts);
        if (ports.Count == 0)
        {
            return;
        }

        // Bindings of one port need not be neighbours on the command line.
        json.StartObject(nameof(HostConfig.PortBindings));
        var written = new HashSet<string>();
        foreach (PortSpec port in ports)
        {
            if (written.Add(port.Port))
            {
                WriteBindings(json, port.Port, ports);
            }
        }

        json.EndObject();
    }

    /// <summary>What is asked for on the first network, and the others.</summary>
    private static void WriteEndpoints(JsonBuilder json, ContainerOptions options)
    {
        bool asks = options.NetworkAliases.Count > 0 || options.Address is not null || options.MacAddress is not null;
        if (options.Networks.Count < 2 && !asks)
        {
            return;
        }

        json.StartObject(nameof(ContainerCreateRequest.NetworkingConfig));
        json.StartObject(nameof(NetworkingConfig.EndpointsConfig));
        WriteFirstEndpoint(json, options.Networks.Count == 0 ? "default" : options.Networks[0], options);
        for (int i = 1; i < options.Networks.Count; i++)
        {
            json.StartObject(options.Networks[i]);
            json.EndObject();
        }

        json.EndObject();
        json.EndObject();
    }

    private static void WriteFirstEndpoint(JsonBuilder json, string network, ContainerOptions options)
    {
        json.StartObject(network);
        Texts(json, nameof(EndpointSettings.Aliases), options.NetworkAliases);
        Text(json, nameof(EndpointSettings.MacAddress), options.MacAddress);
        if (options.Address is { } address)
        {
            json.StartObject(nameof(EndpointSettings.IPAMConfig));
            json.Text(nameof(EndpointIpamConfig.IPv4Address), address);
            json.EndObject();
        }

        json.EndObject();
    }

    private static void WriteBindings(JsonBuilder json, string name, List<PortSpec> ports)
    {
        json.StartArray(name);
        foreach (PortSpec port in ports)
        {
            if (port.Port == name)
            {
                json.StartObject();
                json.Text(nameof(PortBinding.HostIp), port.HostAddress);
                json.Text(nameof(PortBinding.HostPort), port.HostPort);
                json.EndObject();
            }
        }

        json.EndArray();
    }

    private static void WriteUlimits(JsonBuilder json, Dictionary<string, Ulimit>.ValueCollection limits)
    {
        if (limits.Count == 0)
        {
            return;
        }

        json.StartArray(nameof(HostConfig.Ulimits));
        foreach (Ulimit limit in limits)
        {
            json.StartObject();
            json.Text(nameof(UlimitConfig.Name), limit.Name);
            json.Number(nameof(UlimitConfig.Soft), limit.Soft);
            json.Number(nameof(UlimitConfig.Hard), limit.Hard);
            json.EndObject();
        }

        json.EndArray();
    }

    /// <summary>A seccomp profile is sent by its content; <c>systempaths=unconfined</c> becomes two empty path lists.</summary>
    private static void WriteSecurity(JsonBuilder json, List<string> given)
    {
        var sent = new List<string>();
        foreach (string option in given)
        {
            if (option == "systempaths=unconfined")
            {
                json.StartArray(nameof(HostConfig.MaskedPaths));
                json.EndArray();
                json.StartArray(nameof(HostConfig.ReadonlyPaths));
                json.EndArray();
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

    private static void Number(JsonBuilder json, string name, long value)
    {
        if (value != 0)
        {
            json.Number(name, value);
        }
    }
}
