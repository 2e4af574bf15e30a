using System.Globalization;
using MicroVm.Engine.Configuration;
using MicroVm.Engine.Containers;
using MicroVm.Engine.Guest;
using MicroVm.Engine.Health;
using MicroVm.Images.Store;

namespace MicroVm.Engine.Files;

/// <summary>The configuration of an image that is made of a container.</summary>
internal static class CommitConfig
{
    /// <param name="image">What the container was made of.</param>
    /// <exception cref="EngineException">NotFound: there is no such image any more. Invalid: an instruction is malformed.</exception>
    public static ImageCommit Make(ContainerSnapshot container, StoredImage? image, CommitOptions options, DateTimeOffset now)
    {
        if (image is null)
        {
            throw new EngineException(EngineErrorKind.NotFound, $"No such image: {container.ImageId}");
        }

        string created = now.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fffffff'Z'", CultureInfo.InvariantCulture);
        ImageConfig config = Of(container, image.Config) with { Created = created, Author = options.Author };
        config = options.Overrides is { } overrides ? Override(config, overrides, container.Id) : config;
        foreach (string change in options.Changes)
        {
            config = ConfigInstruction.Apply(config, change);
        }

        Check(config);
        ImageHistory step = new(created, string.Join(' ', container.Arguments), options.Author, options.Comment, EmptyLayer: false);
        return new(image.Id, config, step, options.Name);
    }

    private static ImageConfig Of(ContainerSnapshot container, ImageConfig image) => With(image, container.Effective) with
    {
        Volumes = container.Effective.Volumes,
        Healthcheck = container.Spec.Health is null ? image.Healthcheck : HealthcheckOf(container.Effective.Health),
    };

    private static ImageConfig Override(ImageConfig config, CommitOverrides overrides, string containerId)
    {
        EffectiveConfig effective = ConfigMerge.Merge(overrides.Spec, config, containerId);
        return With(config, effective) with
        {
            Volumes = [.. config.Volumes.Union(overrides.Volumes)],
            Healthcheck = overrides.Spec.Health is null ? config.Healthcheck : HealthcheckOf(effective.Health),
            OnBuild = overrides.OnBuild.Count > 0 ? overrides.OnBuild : config.OnBuild,
            Shell = overrides.Shell ?? config.Shell,
        };
    }

    private static ImageConfig With(ImageConfig config, EffectiveConfig effective) => config with
    {
        User = effective.User,
        Env = effective.Environment,
        Entrypoint = effective.Entrypoint,
        Cmd = effective.Command,
        WorkingDir = effective.WorkingDirectory,
        Labels = effective.Labels,
        ExposedPorts = effective.ExposedPorts,
        StopSignal = effective.StopSignal,
    };

    /// <summary>What a container could not be made of is refused here, where the mistake is made.</summary>
    private static void Check(ImageConfig config)
    {
        ProcessValidator.Check([.. config.Entrypoint ?? [], .. config.Cmd ?? []], config.Env);
        ProcessValidator.Check([.. config.Shell ?? [], .. config.OnBuild, .. config.Volumes, .. config.Healthcheck?.Test ?? []], []);
        ProcessValidator.CheckDirectory(config.WorkingDir);
        ProcessValidator.CheckUser(config.User);
        if (config.ExposedPorts.FirstOrDefault(port => !PortNames.TryParse(port, out _, out _)) is { } wrong)
        {
            throw new EngineException(EngineErrorKind.Invalid, $"invalid port specification: \"{OneLine.Of(wrong, 32)}\"");
        }

        if (config.StopSignal is { } signal)
        {
            _ = Signals.Parse(signal);
        }
    }

    private static HealthcheckConfig? HealthcheckOf(HealthCheck? check) => check is null ? null : new(
        check.Test, Nanoseconds(check.Interval), Nanoseconds(check.Timeout), Nanoseconds(check.StartPeriod), Nanoseconds(check.StartInterval), check.Retries);

    private static long Nanoseconds(TimeSpan time) => time.Ticks * TimeSpan.NanosecondsPerTick;
}
