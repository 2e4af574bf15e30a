using System.Text.Json;

namespace MicroVm.Daemon.Hosting;

/// <summary>Reads the settings from where they may be: file, environment, command line, the later winning.</summary>
internal static class CommandLine
{
    private const string ConfigFlag = "config";
    private const string EnvironmentPrefix = "MVM_";
    private const long MaxConfigFile = 1024 * 1024;

    /// <summary>The text to print and end with, or null to run.</summary>
    /// <exception cref="DaemonException">Unknown flag, key or value.</exception>
    public static string? Parse(IReadOnlyList<string> arguments, IReadOnlyDictionary<string, string> environment, out DaemonOptions options)
    {
        options = new DaemonOptions();
        if (arguments.Any(argument => argument is "--help" or "-h"))
        {
            return Help();
        }

        if (arguments.Any(argument => argument is "--version" or "-v"))
        {
            return "mvmd version " + Endpoints.ProductInfo.Version;
        }

        List<(string Flag, string Value)> flags = Split(arguments);
        string? config = flags.LastOrDefault(flag => flag.Flag == ConfigFlag).Value;
        ReadFile(config ?? DefaultPaths.ConfigFile(), mustExist: config is not null, options);
        ReadEnvironment(environment, options);
        foreach ((string flag, string value) in flags.Where(flag => flag.Flag != ConfigFlag))
        {
            Apply(options, flag, [value], "--" + flag);
        }

        return null;
    }

    private static List<(string Flag, string Value)> Split(IReadOnlyList<string> arguments)
    {
        var flags = new List<(string, string)>();
        for (int i = 0; i < arguments.Count; i++)
        {
            string argument = arguments[i] switch
            {
                "-H" => "--host",
                "-D" or "--debug" => "--debug=true",
                var other => other,
            };
            if (!argument.StartsWith("--", StringComparison.Ordinal))
            {
                throw new DaemonException($"unknown argument '{argument}' (see mvmd --help)");
            }

            int equals = argument.IndexOf('=', StringComparison.Ordinal);
            string name = equals < 0 ? argument[2..] : argument[2..equals];
            if (name != ConfigFlag && Setting.Find(name) is null)
            {
                throw new DaemonException($"unknown flag --{name} (see mvmd --help)");
            }

            string value = equals >= 0 ? argument[(equals + 1)..]
                : ++i < arguments.Count ? arguments[i]
                : throw new DaemonException($"flag --{name} needs a value");
            flags.Add((name, value));
        }

        return flags;
    }

    private static void ReadEnvironment(IReadOnlyDictionary<string, string> environment, DaemonOptions options)
    {
        // MVM_HOST is the client's: it says which daemon to talk to.
        foreach (Setting setting in Setting.All.Where(setting => setting.Key != "host"))
        {
            string name = EnvironmentPrefix + setting.Key.ToUpperInvariant().Replace('-', '_');
            if (environment.TryGetValue(name, out string? value) && value.Length > 0)
            {
                Apply(options, setting.Key, value.Split(','), name);
            }
        }
    }

    private static void ReadFile(string path, bool mustExist, DaemonOptions options)
    {
        if (!mustExist && !File.Exists(path))
        {
            return;
        }

        try
        {
            byte[] text = new FileInfo(path).Length <= MaxConfigFile
                ? File.ReadAllBytes(path)
                : throw new DaemonException($"{path}: too large");
            using JsonDocument document = JsonDocument.Parse(text, new JsonDocumentOptions { AllowDuplicateProperties = false });
            ReadObject(document.RootElement, path, options);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new DaemonException($"{path} can't be read: {e.Message}", e);
        }
        catch (JsonException e)
        {
            throw new DaemonException($"{path}: not valid JSON: {e.Message}", e);
        }
    }

    private static void ReadObject(JsonElement root, string path, DaemonOptions options)
    {
        if (root.ValueKind != JsonValueKind.Object)
        {
            throw new DaemonException($"{path}: must be a JSON object");
        }

        foreach (JsonProperty property in root.EnumerateObject())
        {
            if (Setting.Find(property.Name) is null)
            {
                string known = string.Join(", ", Setting.All.Select(setting => setting.Key));
                throw new DaemonException($"{path}: unknown key \"{property.Name}\" (known: {known})");
            }

            Apply(options, property.Name, Texts(property.Value), $"{path}: {property.Name}");
        }
    }

    private static string[] Texts(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => [value.GetString()!],
        JsonValueKind.Array => [.. value.EnumerateArray().SelectMany(Texts)],
        JsonValueKind.Number or JsonValueKind.True or JsonValueKind.False => [value.GetRawText()],
        _ => [],
    };

    private static void Apply(DaemonOptions options, string key, IReadOnlyList<string> value, string where)
    {
        try
        {
            Setting.Find(key)!.Apply(options, value);
        }
        catch (FormatException e)
        {
            throw new DaemonException($"{where}: invalid value \"{string.Join(", ", value)}\": expected {e.Message}", e);
        }
    }

    private static string Help()
    {
        IEnumerable<string> flags = Setting.All.Select(setting => $"  --{setting.Key,-26} {setting.Help}");
        return $"""
            Usage: mvmd [doctor] [FLAG VALUE]...

            The MicroVm daemon: serves the Docker Engine API on a Unix socket. As mvmd doctor it says what
            this host has for virtual machines and ends.

            {string.Join('\n', flags)}
              --config                     configuration file ({DefaultPaths.ConfigFile()})
              --version, --help

            Each flag is a key of the configuration file (JSON) too, and an environment variable: MVM_LOG_LEVEL.
            """;
    }
}
