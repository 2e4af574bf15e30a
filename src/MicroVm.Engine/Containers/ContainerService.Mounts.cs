using MicroVm.Engine.Mounts;
using MicroVm.Engine.Volumes;

namespace MicroVm.Engine.Containers;

public sealed partial class ContainerService
{
    private readonly VolumeService _volumes;

    /// <summary>What outlives containers.</summary>
    public IVolumeService Volumes => _volumes;

    /// <summary>Mounts of a new container; what was acquired for one that can't have them is released again.</summary>
    private IReadOnlyList<ContainerMount> ResolveMounts(ContainerSpec spec, EffectiveConfig effective, string id)
    {
        try
        {
            return new ContainerMounts(spec, _volumes, id).Resolve(effective.Volumes, name => _index.Find(name).Snapshot);
        }
        catch
        {
            _volumes.ReleaseAll(id);
            throw;
        }
    }

    private static IEnumerable<ContainerMount> VolumesOf(Container container) =>
        container.Snapshot.Mounts.Where(mount => mount.Type == ContainerMount.Volume);

    private void HoldVolumes(Container container)
    {
        foreach (ContainerMount mount in VolumesOf(container))
        {
            _volumes.Hold(mount.Name, container.Id);
        }
    }

    /// <summary>The anonymous ones go with it, unless another container has them, too.</summary>
    private async Task RemoveAnonymousVolumesAsync(Container container)
    {
        foreach (ContainerMount mount in container.Snapshot.Mounts.Where(mount => mount.IsAnonymous))
        {
            await IgnoreFailure(_volumes.RemoveAsync(mount.Name, force: true, CancellationToken.None)).ConfigureAwait(false);
        }
    }

    /// <summary>As Docker: -v makes the host's directory, at the latest now; everything else must be there.</summary>
    private static void PrepareSources(Container container)
    {
        foreach (ContainerMount mount in container.Snapshot.Mounts.Where(mount => mount.Tmpfs is null && !Path.Exists(mount.Source)))
        {
            if (!mount.CreatesSource)
            {
                throw new EngineException(
                    EngineErrorKind.Invalid,
                    $"invalid mount config for type \"{mount.Type}\": {mount.Type} source path does not exist: {OneLine.Of(mount.Source, 512)}");
            }

            MakeSource(mount.Source);
        }
    }

    /// <summary>Files are reached whether or not all that would be mounted for a start is there.</summary>
    private static ContainerSnapshot WithPresentSources(Container container) =>
        container.Snapshot with { Mounts = [.. container.Snapshot.Mounts.Where(mount => mount.Tmpfs is not null || Path.Exists(mount.Source))] };

    private static void MakeSource(string path)
    {
        try
        {
            SharedDirectory.Create(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new EngineException(
                EngineErrorKind.Invalid, $"error while creating mount source path '{OneLine.Of(path, 512)}': {OneLine.Of(e.Message, 300)}", e);
        }
    }

    private void PublishMounts(Container container)
    {
        foreach (ContainerMount mount in VolumesOf(container))
        {
            _volumes.PublishUse(
                "mount",
                mount.Name,
                ("container", container.Id), ("destination", mount.Destination), ("propagation", ""), ("read/write", mount.ReadOnly ? "false" : "true"));
        }
    }

    private void PublishUnmounts(Container container)
    {
        foreach (ContainerMount mount in VolumesOf(container))
        {
            _volumes.PublishUse("unmount", mount.Name, ("container", container.Id));
        }
    }
}
