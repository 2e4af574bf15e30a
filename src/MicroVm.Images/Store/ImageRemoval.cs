using MicroVm.Images.References;
using MicroVm.Images.RootDisks;

namespace MicroVm.Images.Store;

/// <summary>
/// <c>docker rmi</c>: what may be untagged and deleted, in which order, with Docker's words for each conflict
/// (moby, daemon/images/image_delete.go).
/// </summary>
internal sealed class ImageRemoval(ImageCatalog catalog, LayerLeases leases, Func<Digest, IReadOnlyList<ImageUser>> users, ImageHolds holds)
{
    private readonly List<RemovedImage> _removed = [];

    public IReadOnlyList<RemovedImage> Remove(string nameOrId, bool force)
    {
        ImageRecord image = ImageSearch.Find(catalog, nameOrId) ?? throw ImageSearch.NotFound(nameOrId);
        if (ImageSearch.IsNameOf(catalog, nameOrId, image, out ImageReference? name))
        {
            RemoveName(image, name, nameOrId, force);
        }
        else
        {
            RemoveById(image, force);
        }

        return _removed;
    }

    private void RemoveName(ImageRecord image, ImageReference name, string asTyped, bool force)
    {
        IReadOnlyList<ImageReference> names = catalog.NamesOf(image.Id);
        if (!force && IsOneRepositoryOnce(names) && users(image.Id) is [var user, ..])
        {
            throw Conflict(
                $"unable to remove repository reference \"{asTyped}\" (must force) - container {Short(user.ContainerId)} is using its referenced image {Short(image.Id.Hex)}");
        }

        // A digest is how a tag was pulled: it goes with the repository's last tag.
        List<ImageReference> others = [.. names.Where(other => other != name)];
        bool isLastTag = name.Digest is null && !others.Exists(other => other.Digest is null && other.Name == name.Name);
        List<ImageReference> leaving = [name, .. others.Where(other => isLastTag && other.Name == name.Name)];
        Untag(leaving);
        if (leaving.Count == names.Count)
        {
            DeleteUnused(image);
        }
    }

    private void RemoveById(ImageRecord image, bool force)
    {
        IReadOnlyList<ImageReference> names = catalog.NamesOf(image.Id);
        if (!force && !IsOneRepositoryOnce(names))
        {
            throw Conflict($"unable to delete {Short(image.Id.Hex)} (must be forced) - image is referenced in multiple repositories");
        }

        RequireNoUser(image, force);
        if (catalog.Builds.HasChildren(image.Id))
        {
            throw Conflict($"unable to delete {Short(image.Id.Hex)} (cannot be forced) - image has dependent child images");
        }

        Untag(names);
        DeleteUnused(image);
    }

    private void RequireNoUser(ImageRecord image, bool force)
    {
        IReadOnlyList<ImageUser> containers = users(image.Id);
        if (containers.FirstOrDefault(user => user.IsRunning) is { } running)
        {
            throw Conflict(
                $"unable to delete {Short(image.Id.Hex)} (cannot be forced) - image is being used by running container {Short(running.ContainerId)}");
        }

        if (!force && containers is [var stopped, ..])
        {
            throw Conflict(
                $"unable to delete {Short(image.Id.Hex)} (must be forced) - image is being used by stopped container {Short(stopped.ContainerId)}");
        }
    }

    // An image that a container, a build or another image needs loses its names and stays: its layers are the container's root disk. The
    // steps that led to it alone go with it.
    private void DeleteUnused(ImageRecord image)
    {
        for (ImageRecord? next = image; next is not null && !IsNeeded(next);)
        {
            Digest? parent = catalog.Builds.Of(next.Id)?.Parent;
            Delete(next);
            next = parent is { } id && catalog.NamesOf(id).Count == 0 ? catalog.Get(id) : null;
        }
    }

    private bool IsNeeded(ImageRecord image) =>
        users(image.Id).Count > 0 || holds.Contains(image.Id) || catalog.Builds.HasChildren(image.Id);

    private void Delete(ImageRecord image)
    {
        catalog.Delete(image);
        _removed.Add(new(null, image.Id.ToString()));
        HashSet<Digest> gone = [.. leases.Sweep(image.DiffIds)];

        // Docker names a layer by all that is below it, and tells the topmost first.
        for (int count = image.DiffIds.Count; count > 0; count--)
        {
            if (gone.Contains(image.DiffIds[count - 1]))
            {
                _removed.Add(new(null, ChainId.Of([.. image.DiffIds.Take(count)]).ToString()));
            }
        }
    }

    private void Untag(IReadOnlyList<ImageReference> names)
    {
        catalog.RemoveNames(names);
        _removed.AddRange(names.Select(name => new RemovedImage(name.Familiar, null)));
    }

    // At most one tag, and digests of its repository alone.
    private static bool IsOneRepositoryOnce(IReadOnlyList<ImageReference> names) =>
        names.Count(name => name.Digest is null) <= 1 && names.DistinctBy(name => name.Name).Count() <= 1;

    private static string Short(string id) => id[..Math.Min(id.Length, 12)];

    private static ImageException Conflict(string message) => new(ImageErrorKind.Conflict, "conflict: " + message);
}
