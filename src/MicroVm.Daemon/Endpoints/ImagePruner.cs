using MicroVm.Api.Images;
using MicroVm.Engine.Containers;
using MicroVm.Engine.Events;
using MicroVm.Images;
using MicroVm.Images.Store;

namespace MicroVm.Daemon.Endpoints;

/// <summary>Removes images, with the events of that, one by one and as many as a condition chooses.</summary>
internal sealed class ImagePruner(IImageStore images, IContainerService containers, EventBus events)
{
    public IReadOnlyList<RemovedImage> Remove(string name, bool force)
    {
        StoredImage? image = images.Find(name);
        IReadOnlyList<RemovedImage> removed = images.Remove(name, force, UsersOf);
        foreach (string action in image is null ? [] : removed.Select(ActionOf).OfType<string>())
        {
            events.Publish(image!, action, image!.Id.ToString());
        }

        return removed;

        // Layers that went with it are not told.
        string? ActionOf(RemovedImage what) => what.Untagged is not null ? "untag" : what.Deleted == image.Id.ToString() ? "delete" : null;
    }

    /// <param name="isWanted">Whether an image is to go; asked again when others have gone, as these may have been made of it.</param>
    public ImagePruneResponse Prune(Func<StoredImage, bool> isWanted)
    {
        var deleted = new List<ImageDeleteItem>();
        long before = LayersSize();
        int count;
        do
        {
            count = deleted.Count;
            foreach (StoredImage image in images.List().Where(image => isWanted(image) && UsersOf(image.Id).Count == 0))
            {
                deleted.AddRange(ImageDocuments.Removed(TryRemove(image)));
            }
        }
        while (deleted.Count > count);

        return new(deleted, Math.Max(0, before - LayersSize()));
    }

    private IReadOnlyList<RemovedImage> TryRemove(StoredImage image)
    {
        try
        {
            return Remove(image.Id.ToString(), force: true);
        }
        catch (ImageException)
        {
            // Went with another one, or is needed since the list was made.
            return [];
        }
    }

    private long LayersSize() => images.List().SelectMany(image => image.DiffIds).Distinct().Sum(images.LayerSize);

    private IReadOnlyList<ImageUser> UsersOf(Digest image) =>
    [
        .. containers.List().Where(container => container.ImageId == image)
            .Select(container => new ImageUser(container.Id, container.Status is ContainerStatus.Running or ContainerStatus.Paused)),
    ];
}
