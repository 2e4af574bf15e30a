using MicroVm.Engine.Containers;
using MicroVm.Engine.Health;
using MicroVm.Images.Store;

namespace MicroVm.Engine.Configuration;

/// <summary>
/// Applies an image's defaults to what the user asked for, by Docker's rules
/// (https://docs.docker.com/reference/dockerfile, ENTRYPOINT, CMD, ENV; Engine API, ContainerConfig).
/// </summary>
internal static class ConfigMerge
{
    public static EffectiveConfig Merge(ContainerSpec spec, ImageConfig image, string containerId)
    {
        (IReadOnlyList<string>? entrypoint, IReadOnlyList<string>? command) = MergeCommand(spec, image);
        return new()
        {
            Entrypoint = entrypoint,
            Command = command,
            Environment = MergeEnvironment(spec.Environment, image.Env),
            WorkingDirectory = FirstGiven(spec.WorkingDirectory, image.WorkingDir),
            User = FirstGiven(spec.User, image.User),
            Hostname = FirstGiven(spec.Hostname, containerId[..12]),
            StopSignal = FirstGiven(spec.StopSignal, image.StopSignal ?? "") is { Length: > 0 } signal ? signal : null,
            Labels = MergeLabels(spec.Labels, image.Labels),
            ExposedPorts = Union(spec.ExposedPorts, image.ExposedPorts),
            Volumes = [.. spec.Volumes.Concat(image.Volumes).Distinct()],
            Shell = image.Shell,
            Health = HealthCheck.Merge(spec.Health, OfImage(image.Healthcheck)),
        };
    }

    /// <summary>What is executed: the entrypoint with the command as its arguments.</summary>
    public static IReadOnlyList<string> Arguments(EffectiveConfig config)
    {
        List<string> arguments = [.. config.Entrypoint ?? [], .. config.Command ?? []];
        return arguments.Count > 0
            ? arguments
            : throw new EngineException(EngineErrorKind.Invalid, "no command specified");
    }

    /// <summary>
    /// A given entrypoint resets the image's command; an empty one (or one empty string, what the client sends for
    /// <c>--entrypoint ""</c>) clears the image's.
    /// </summary>
    private static (IReadOnlyList<string>?, IReadOnlyList<string>?) MergeCommand(ContainerSpec spec, ImageConfig image)
    {
        IReadOnlyList<string>? command = spec.Command is { Count: > 0 } ? spec.Command : null;
        if (spec.Entrypoint is null)
        {
            return (image.Entrypoint, command ?? image.Cmd);
        }

        if (spec.Entrypoint.Count == 0)
        {
            return (null, command ?? image.Cmd);
        }

        bool cleared = spec.Entrypoint is [""];
        return (cleared ? null : spec.Entrypoint, command);
    }

    /// <summary>The user's variables, then the image's that the user does not name (with or without a value).</summary>
    private static List<string> MergeEnvironment(IReadOnlyList<string> given, IReadOnlyList<string> image)
    {
        HashSet<string> named = [.. given.Select(Key)];
        return [.. given, .. image.Where(variable => !named.Contains(Key(variable)))];
    }

    private static Dictionary<string, string> MergeLabels(
        IReadOnlyDictionary<string, string> given, IReadOnlyDictionary<string, string> image)
    {
        Dictionary<string, string> labels = new(image);
        foreach ((string name, string value) in given)
        {
            labels[name] = value;
        }

        return labels;
    }

    private static HealthCheck? OfImage(HealthcheckConfig? image) => image is null ? null : new()
    {
        Test = image.Test,
        Interval = HealthCheck.Nanoseconds(image.Interval),
        Timeout = HealthCheck.Nanoseconds(image.Timeout),
        StartPeriod = HealthCheck.Nanoseconds(image.StartPeriod),
        StartInterval = HealthCheck.Nanoseconds(image.StartInterval),
        Retries = image.Retries,
    };

    private static List<string> Union(IReadOnlyList<string> given, IReadOnlyList<string> image) =>
        [.. given.Concat(image).Select(PortNames.Normalize).Distinct()];

    private static string FirstGiven(string? given, string fallback) => string.IsNullOrEmpty(given) ? fallback : given;

    private static string Key(string variable) => variable.Split('=', 2)[0];
}
