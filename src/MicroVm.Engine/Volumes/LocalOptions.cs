using MicroVm.Engine.Guest;

namespace MicroVm.Engine.Volumes;

/// <summary>
/// What the local driver's options (type, o, device) make of a volume: a directory of its own, one that the host has, or memory
/// of the virtual machine.
/// </summary>
internal sealed record LocalOptions
{
    /// <summary>The host's directory that it is; null: its own.</summary>
    public string? Device { get; private init; }

    /// <summary>Options of the tmpfs that each container has in its place; null: it is not in memory.</summary>
    public string? Tmpfs { get; private init; }

    /// <summary>Throws (Invalid) for what can't be done here.</summary>
    public static LocalOptions Parse(IReadOnlyDictionary<string, string> options)
    {
        if (options.Count == 0)
        {
            return new();
        }

        if (options.Keys.FirstOrDefault(key => key is not ("type" or "o" or "device" or "size")) is { } unknown)
        {
            throw Invalid($"invalid option: \"{OneLine.Of(unknown, 64)}\"");
        }

        string type = options.GetValueOrDefault("type", "");
        string[] flags = options.GetValueOrDefault("o", "").Split(',', StringSplitOptions.RemoveEmptyEntries);
        return type switch
        {
            "tmpfs" => InMemory(flags),
            "none" or "bind" or "" when flags.Contains("bind") || flags.Contains("rbind") => OfHost(options),
            "" => throw Invalid("missing required option: \"type\""),
            _ => throw Invalid(
                $"volumes of type {OneLine.Of(type, 64)} are not supported: mount it on the host, and use type=none, o=bind, device=PATH"),
        };
    }

    private static LocalOptions InMemory(string[] flags)
    {
        string options = string.Join(',', flags);
        _ = TmpfsOptions.ToMount("/", options);
        return new() { Tmpfs = options };
    }

    private static LocalOptions OfHost(IReadOnlyDictionary<string, string> options)
    {
        string device = options.GetValueOrDefault("device", "");
        return device.StartsWith('/') && !device.Contains('\0', StringComparison.Ordinal)
            ? new() { Device = Path.TrimEndingDirectorySeparator(Path.GetFullPath(device)) }
            : throw Invalid(device.Length == 0 ? "missing device in volume options" : $"device must be an absolute path: {OneLine.Of(device, 256)}");
    }

    private static EngineException Invalid(string message) => new(EngineErrorKind.Invalid, message);
}
