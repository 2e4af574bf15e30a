using MicroVm.Engine.Configuration;
using MicroVm.Images.Store;

namespace MicroVm.Engine.Files;

/// <summary>The Dockerfile instructions that change an image's configuration alone, as `docker commit --change` takes them.</summary>
internal static class ConfigInstruction
{
    /// <summary>What runs a command that is no array, where the image does not say.</summary>
    public static IReadOnlyList<string> DefaultShell { get; } = ["/bin/sh", "-c"];

    /// <param name="instruction">One line: CMD ["a", "b"].</param>
    /// <exception cref="EngineException">Invalid.</exception>
    public static ImageConfig Apply(ImageConfig config, string instruction)
    {
        (string keyword, string rest) = InstructionText.Divide(instruction);
        if (rest.Length == 0)
        {
            throw Invalid(keyword.Length == 0 ? "an empty instruction" : $"{keyword} requires at least one argument");
        }

        return keyword switch
        {
            "CMD" => config with { Cmd = Command(config, rest) },
            "ENTRYPOINT" => config with { Entrypoint = Command(config, rest) },
            "ENV" => config with { Env = InstructionText.Pairs(rest).Aggregate(config.Env, (variables, pair) => SetVariable(variables, pair.Name, pair.Value)) },
            "EXPOSE" => config with { ExposedPorts = [.. config.ExposedPorts.Union(InstructionText.Words(rest).Select(Port))] },
            "LABEL" => config with { Labels = WithLabels(config.Labels, InstructionText.Pairs(rest)) },
            "USER" => config with { User = rest },
            "VOLUME" => config with { Volumes = [.. config.Volumes.Union(InstructionText.TryArray(rest) ?? InstructionText.Words(rest))] },
            "WORKDIR" => config with { WorkingDir = Join(config.WorkingDir, InstructionText.Words(rest)[0]) },
            "STOPSIGNAL" => config with { StopSignal = rest },
            "HEALTHCHECK" => config with { Healthcheck = HealthcheckInstruction.Parse(rest) },
            "ONBUILD" => config with { OnBuild = [.. config.OnBuild, OnBuild(rest)] },
            "SHELL" => config with { Shell = InstructionText.TryArray(rest) ?? throw Invalid("SHELL requires the arguments to be in JSON form") },
            _ => throw Invalid($"{keyword} is not a valid change command"),
        };
    }

    internal static EngineException Invalid(string what) => new(EngineErrorKind.Invalid, OneLine.Of(what, 300));

    /// <summary>An array is executed as it is, anything else by the shell.</summary>
    private static IReadOnlyList<string> Command(ImageConfig config, string rest) =>
        InstructionText.TryArray(rest) ?? [.. config.Shell ?? DefaultShell, rest];

    /// <summary>In its place among the others, or behind them.</summary>
    public static IReadOnlyList<string> SetVariable(IReadOnlyList<string> variables, string name, string value)
    {
        string variable = $"{name}={value}";
        List<string> changed = [.. variables];
        int index = changed.FindIndex(other => other.StartsWith(name + "=", StringComparison.Ordinal));
        if (index < 0)
        {
            changed.Add(variable);
        }
        else
        {
            changed[index] = variable;
        }

        return changed;
    }

    private static Dictionary<string, string> WithLabels(
        IReadOnlyDictionary<string, string> labels, IReadOnlyList<(string Name, string Value)> pairs)
    {
        Dictionary<string, string> changed = new(labels);
        foreach ((string name, string value) in pairs)
        {
            changed[name] = value;
        }

        return changed;
    }

    private static string Port(string port) => PortNames.TryParse(port, out _, out _)
        ? PortNames.Normalize(port)
        : throw Invalid($"invalid containerPort: {port}");

    private static string Join(string directory, string path) =>
        path.StartsWith('/') ? path : $"{(directory.Length == 0 ? "" : directory.TrimEnd('/'))}/{path}";

    private static string OnBuild(string rest) => InstructionText.Divide(rest).Keyword switch
    {
        "ONBUILD" => throw Invalid("Chaining ONBUILD via `ONBUILD ONBUILD` isn't allowed"),
        "FROM" or "MAINTAINER" => throw Invalid($"{InstructionText.Divide(rest).Keyword} isn't allowed as an ONBUILD trigger"),
        _ => rest,
    };
}
