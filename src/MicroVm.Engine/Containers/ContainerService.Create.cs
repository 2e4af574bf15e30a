using MicroVm.Engine.Configuration;
using MicroVm.Engine.Mounts;
using MicroVm.Engine.Persistence;
using MicroVm.Images.Store;

namespace MicroVm.Engine.Containers;

public sealed partial class ContainerService
{
    public async Task<CreatedContainer> CreateAsync(ContainerSpec spec, string? name, CancellationToken cancellationToken)
    {
        StoredImage image = FindImage(spec.Image);
        string id = ContainerNames.NewId();
        spec = _networks.Checked(spec);
        EffectiveConfig effective = ConfigMerge.Merge(spec, image.Config, id);
        IReadOnlyList<string> warnings = SpecValidator.Validate(spec, effective, _options);
        string reserved = _index.Reserve(string.IsNullOrEmpty(name) ? null : name, id);
        try
        {
            IReadOnlyList<ContainerMount> mounts = ResolveMounts(spec, effective, id);
            ContainerPaths paths = _store.CreateDirectory(id);
            ContainerSnapshot snapshot = NewSnapshot(spec, image, effective, id, reserved, paths) with { Mounts = mounts };
            await AddAsync(snapshot, image, paths).WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            _index.Release(reserved);
            _volumes.ReleaseAll(id);
            _store.Delete(id);
            throw e is IOException or UnauthorizedAccessException
                ? new EngineException(EngineErrorKind.Internal, $"cannot create the container: {OneLine.Of(e.Message)}", e)
                : e;
        }

        LogCreated(id, reserved, spec.Image);
        return new(id, warnings);
    }

    private static ContainerSnapshot NewSnapshot(
        ContainerSpec spec, StoredImage image, EffectiveConfig effective, string id, string name, ContainerPaths paths) => new()
        {
            Id = id,
            Name = name,
            Spec = spec,
            ImageId = image.Id,
            Arguments = ConfigMerge.Arguments(effective),
            Effective = effective,
            Created = DateTimeOffset.UtcNow,
            Status = ContainerStatus.Created,
            LogPath = paths.Log,
        };

    private async Task AddAsync(ContainerSnapshot snapshot, StoredImage image, ContainerPaths paths)
    {
        Container container = new(new(snapshot, Vm: null), paths);
        await container.Update(record => record, durable: !snapshot.Spec.AutoRemove).ConfigureAwait(false);
        _index.Add(container);
        if (_images.Find(image.Id.ToString()) is null)
        {
            // Removed meanwhile; from now on it counts as used.
            _index.Remove(container);
            throw NoSuchImage(snapshot.Spec.Image);
        }

        Publish(container, "create");

        // Ready, or nearly, when the start comes.
        container.Disks = PrepareDisksAsync(container, image);
    }

    private StoredImage FindImage(string name) => _images.Find(name) ?? throw NoSuchImage(name);

    /// <summary>Docker's clients pull when they read this, so the name has its tag.</summary>
    private static EngineException NoSuchImage(string name)
    {
        bool isTagged = name.AsSpan(name.LastIndexOf('/') + 1).ContainsAny(':', '@');
        return new(EngineErrorKind.NotFound, $"No such image: {OneLine.Of(name, 512)}{(isTagged ? "" : ":latest")}");
    }
}
