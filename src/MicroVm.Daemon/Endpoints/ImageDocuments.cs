using MicroVm.Api;
using MicroVm.Api.Containers;
using MicroVm.Api.Images;
using MicroVm.Images;
using MicroVm.Images.Store;

namespace MicroVm.Daemon.Endpoints;

/// <summary>Makes the documents of images.</summary>
internal static class ImageDocuments
{
    /// <summary>Unix seconds.</summary>
    public static long Created(StoredImage image) => Timestamps.UnixSeconds(image.Config.Created);

    public static ImageSummary Summary(StoredImage image) => new()
    {
        Id = image.Id.ToString(),
        ParentId = image.Parent?.ToString() ?? "",
        Created = Created(image),
        RepoTags = image.RepoTags,
        RepoDigests = image.RepoDigests,
        Size = image.Size,
        Labels = image.Config.Labels.Count == 0 ? null : image.Config.Labels,
    };

    public static ImageInspect Inspect(StoredImage image) => new()
    {
        Id = image.Id.ToString(),
        RepoTags = image.RepoTags,
        RepoDigests = image.RepoDigests,
        Parent = image.Parent?.ToString() ?? "",
        Comment = image.Config.History is [.., var last] ? last.Comment ?? "" : "",
        Created = image.Config.Created,
        DockerVersion = image.Config.DockerVersion ?? "",
        Author = image.Config.Author ?? "",
        Config = Config(image.Config),
        Architecture = image.Config.Architecture,
        Variant = image.Config.Variant,
        Os = image.Config.Os,
        Size = image.Size,
        GraphDriver = new(ContainerDocuments.StorageDriver, null),
        RootFS = new("layers", [.. image.DiffIds.Select(diffId => diffId.ToString())]),
    };

    /// <summary>Newest first; the image's id stands at the newest, and before it those of the steps that are images here.</summary>
    /// <param name="sizeOf">Bytes of a layer.</param>
    /// <param name="find">An image that is here; null: it is not.</param>
    public static IReadOnlyList<ImageHistoryItem> History(StoredImage image, Func<Digest, long> sizeOf, Func<Digest, StoredImage?> find)
    {
        List<ImageHistoryItem> items = [];
        // The newest step made the topmost layer: whoever left steps out left out the oldest.
        int layer = image.DiffIds.Count;
        foreach (ImageHistory step in image.Config.History.Reverse())
        {
            layer -= step.EmptyLayer ? 0 : 1;
            items.Add(new()
            {
                Created = Timestamps.UnixSeconds(step.Created),
                CreatedBy = step.CreatedBy ?? "",
                Comment = step.Comment ?? "",
                Size = step.EmptyLayer || layer < 0 ? 0 : sizeOf(image.DiffIds[layer]),
            });
        }

        StoredImage? made = image;
        for (int i = 0; i < items.Count && made is not null; i++)
        {
            items[i] = items[i] with { Id = made.Id.ToString(), Tags = made.RepoTags.Count > 0 || i == 0 ? made.RepoTags : null };
            made = made.Parent is { } parent ? find(parent) : null;
        }

        return items;
    }

    public static IReadOnlyList<ImageDeleteItem> Removed(IReadOnlyList<RemovedImage> removed) =>
        [.. removed.Select(item => new ImageDeleteItem { Untagged = item.Untagged, Deleted = item.Deleted })];

    private static ContainerConfig Config(ImageConfig config) => new()
    {
        Hostname = "",
        Domainname = "",
        User = config.User,
        ExposedPorts = Set(config.ExposedPorts),
        Env = config.Env,
        Cmd = config.Cmd,
        Healthcheck = Health(config.Healthcheck),
        Image = "",
        Volumes = Set(config.Volumes),
        WorkingDir = config.WorkingDir,
        Entrypoint = config.Entrypoint,
        Labels = config.Labels.Count == 0 ? null : config.Labels.ToDictionary(label => label.Key, label => (string?)label.Value),
        StopSignal = config.StopSignal,
        Shell = config.Shell,
    };

    public static IReadOnlyDictionary<string, EmptyObject?>? Set(IReadOnlyList<string> names) =>
        names.Count == 0 ? null : names.Distinct().ToDictionary(name => name, _ => (EmptyObject?)EmptyObject.Instance);

    private static HealthConfig? Health(HealthcheckConfig? health) => health is null ? null : new()
    {
        Test = health.Test,
        Interval = health.Interval,
        Timeout = health.Timeout,
        StartPeriod = health.StartPeriod,
        StartInterval = health.StartInterval,
        Retries = health.Retries,
    };
}
