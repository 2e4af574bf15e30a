using MicroVm.Api;
using MicroVm.Api.Containers;
using MicroVm.Api.Images;
using MicroVm.Api.Info;
using MicroVm.Api.Volumes;
using MicroVm.Engine.Containers;
using MicroVm.Engine.Volumes;
using MicroVm.Images;
using MicroVm.Images.Store;

namespace MicroVm.Daemon.Endpoints;

/// <summary><c>/system/df</c>.</summary>
internal sealed class DiskEndpoints(IContainerService containers, IImageStore images, IVolumeService volumes)
{
    public void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/system/df", (RequestDelegate)UsageAsync);
    }

    /// <summary>All, or the kinds that <c>type</c> names.</summary>
    private async Task UsageAsync(HttpContext context)
    {
        string?[] kinds = [.. context.Request.Query["type"]];
        if (kinds.FirstOrDefault(kind => kind is not ("container" or "image" or "volume" or "build-cache")) is { } unknown)
        {
            throw ApiException.BadRequest($"unknown object type: {(unknown.Length > 60 ? unknown[..60] : unknown)}");
        }

        bool Wanted(string kind) => kinds.Length == 0 || kinds.Contains(kind);
        IReadOnlyList<StoredImage> stored = images.List();
        Dictionary<Digest, long> sizes = stored.SelectMany(image => image.DiffIds).Distinct().ToDictionary(layer => layer, images.LayerSize);
        await context.WriteJsonAsync(
            new DiskUsage(
                Wanted("image") ? sizes.Values.Sum() : 0,
                Wanted("image") ? Images(stored, sizes) : null,
                Wanted("container") ? Containers() : null,
                Wanted("volume") ? await VolumesAsync(context.RequestAborted) : null,
                Wanted("build-cache") ? [] : null),
            ApiJsonContext.Api.DiskUsage);
    }

    private async Task<VolumeDocument[]> VolumesAsync(CancellationToken cancellationToken)
    {
        List<VolumeDocument> documents = [];
        foreach (Volume volume in volumes.List())
        {
            long size = await volumes.SizeAsync(volume.Name, cancellationToken);
            documents.Add(VolumeDocuments.Of(volume) with { UsageData = new(volumes.UsersOf(volume.Name).Count, size) });
        }

        return [.. documents];
    }

    private ImageSummary[] Images(IReadOnlyList<StoredImage> stored, Dictionary<Digest, long> sizes)
    {
        Dictionary<Digest, int> users = stored.SelectMany(image => image.DiffIds.Distinct()).CountBy(layer => layer).ToDictionary();
        ILookup<Digest, ContainerSnapshot> made = containers.List().ToLookup(container => container.ImageId);
        return
        [
            .. stored.Select(image => ImageDocuments.Summary(image) with
            {
                Containers = made[image.Id].Count(),
                SharedSize = image.DiffIds.Where(layer => users[layer] > 1).Sum(layer => sizes[layer]),
            }),
        ];
    }

    private ContainerSummary[] Containers()
    {
        var documents = new ContainerSummaries(images, DateTimeOffset.UtcNow) { Sizes = new ContainerSizes(containers, images) };
        return [.. containers.List().Select(documents.Of)];
    }
}
