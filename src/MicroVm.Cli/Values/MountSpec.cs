using System.Globalization;
using MicroVm.Cli.Arguments;

namespace MicroVm.Cli.Values;

/// <summary>--mount: <c>type=TYPE,source=SOURCE,target=TARGET,…</c>, with Docker's keys and words.</summary>
internal sealed class MountSpec
{
    private readonly HashSet<string> _kinds = [];

    internal string Type { get; private set; } = "volume";

    internal string Source { get; private set; } = "";

    internal string Target { get; private set; } = "";

    internal bool ReadOnly { get; private set; }

    internal string Propagation { get; private set; } = "";

    internal bool CreatesSource { get; private set; }

    internal bool IsNotRecursive { get; private set; }

    internal bool NoCopy { get; private set; }

    internal string Subpath { get; private set; } = "";

    internal string Driver { get; private set; } = "";

    internal Dictionary<string, string> DriverOptions { get; } = [];

    internal Dictionary<string, string> Labels { get; } = [];

    /// <summary>Bytes; 0: not given.</summary>
    internal long TmpfsSize { get; private set; }

    /// <summary>Permission bits; 0: not given.</summary>
    internal int TmpfsMode { get; private set; }

    /// <exception cref="FlagValueException">It is no mount.</exception>
    internal static MountSpec Parse(string text)
    {
        var mount = new MountSpec();
        foreach (string field in text.Split(','))
        {
            mount.Set(field);
        }

        mount.Check();
        return mount;
    }

    private void Set(string field)
    {
        int equals = field.IndexOf('=', StringComparison.Ordinal);
        string key = (equals < 0 ? field : field[..equals]).ToLowerInvariant();
        string? value = equals < 0 ? null : field[(equals + 1)..];
        if (value is null && key is not ("readonly" or "ro" or "volume-nocopy" or "bind-nonrecursive" or "bind-create-src"))
        {
            throw new FlagValueException($"invalid field '{field}' must be a key=value pair");
        }

        int dash = key.IndexOf('-', StringComparison.Ordinal);
        if (dash > 0)
        {
            _kinds.Add(key[..dash]);
        }

        Set(key, value ?? "true", field);
    }

    private void Set(string key, string value, string field)
    {
        switch (key)
        {
            case "type": Type = value.ToLowerInvariant(); break;
            case "source" or "src": Source = value.StartsWith('.') ? Path.GetFullPath(value) : value; break;
            case "target" or "dst" or "destination": Target = value; break;
            case "readonly" or "ro": ReadOnly = Flag(key, value); break;
            case "consistency": break;
            case "bind-propagation": Propagation = value.ToLowerInvariant(); break;
            case "bind-nonrecursive": IsNotRecursive = Flag(key, value); break;
            case "bind-recursive": IsNotRecursive = Recursion(value); break;
            case "bind-create-src": CreatesSource = Flag(key, value); break;
            case "volume-nocopy": NoCopy = Flag(key, value); break;
            case "volume-subpath": Subpath = value; break;
            case "volume-driver": Driver = value; break;
            case "volume-opt": AddPair(DriverOptions, value); break;
            case "volume-label": AddPair(Labels, value); break;
            case "tmpfs-size": TmpfsSize = ByteSize.Parse(value); break;
            case "tmpfs-mode": TmpfsMode = Mode(key, value); break;
            default: throw new FlagValueException($"unknown option '{key}' in '{field}'");
        }
    }

    private void Check()
    {
        if (Type.Length == 0)
        {
            throw new FlagValueException("type is required");
        }

        if (Target.Length == 0)
        {
            throw new FlagValueException("target is required");
        }

        if (_kinds.FirstOrDefault(kind => kind != Type) is { } other)
        {
            throw new FlagValueException($"cannot mix '{other}-*' options with mount type '{Type}'");
        }
    }

    private static bool Flag(string key, string value) => value switch
    {
        "1" or "t" or "T" or "true" or "TRUE" or "True" => true,
        "0" or "f" or "F" or "false" or "FALSE" or "False" => false,
        _ => throw new FlagValueException($"invalid value for {key}: {value}"),
    };

    private static bool Recursion(string value) => value switch
    {
        "enabled" or "writable" or "readonly" => false,
        "disabled" => true,
        _ => throw new FlagValueException($"invalid value for bind-recursive: {value} (must be \"enabled\", \"disabled\", \"writable\", or \"readonly\")"),
    };

    private static int Mode(string key, string value)
    {
        try
        {
            return Convert.ToInt32(value, 8);
        }
        catch (Exception wrong) when (wrong is FormatException or OverflowException or ArgumentException)
        {
            throw new FlagValueException(string.Create(CultureInfo.InvariantCulture, $"invalid value for {key}: {value}"));
        }
    }

    /// <summary>A key alone has an empty value.</summary>
    private static void AddPair(Dictionary<string, string> pairs, string text)
    {
        int equals = text.IndexOf('=', StringComparison.Ordinal);
        pairs[equals < 0 ? text : text[..equals]] = equals < 0 ? "" : text[(equals + 1)..];
    }
}
