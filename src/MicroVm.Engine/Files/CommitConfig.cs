using System.Globalization;
using MicroVm.Engine.Containers;
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
        foreach (string change in options.Changes)
        {
            config = ConfigInstruction.Apply(config, change);
        }

        ImageHistory step = new(created, string.Join(' ', container.Arguments), options.Author, options.Comment, EmptyLayer: false);
        return new(image.Id, config, step, options.Name);
    }

    private static ImageConfig Of(ContainerSnapshot container, ImageConfig image) => image with
    {
        User = container.Effective.User,
        Env = container.Effective.Environment,
        Entrypoint = container.Effective.Entrypoint,
        Cmd = container.Effective.Command,
        WorkingDir = container.Effective.WorkingDirectory,
        Labels = container.Effective.Labels,
        ExposedPorts = container.Effective.ExposedPorts,
        Volumes = container.Effective.Volumes,
        StopSignal = container.Effective.StopSignal,
        Healthcheck = container.Spec.Health is null ? image.Healthcheck : HealthcheckOf(container.Effective.Health),
    };

    private static HealthcheckConfig? HealthcheckOf(HealthCheck? check) => check is null ? null : new(
        check.Test, Nanoseconds(check.Interval), Nanoseconds(check.Timeout), Nanoseconds(check.StartPeriod), Nanoseconds(check.StartInterval), check.Retries);

    private static long Nanoseconds(TimeSpan time) => time.Ticks * TimeSpan.NanosecondsPerTick;
}
