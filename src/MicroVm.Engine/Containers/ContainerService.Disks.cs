using MicroVm.Engine.Configuration;
using MicroVm.Hypervisor;
using MicroVm.Images.Layers;
using MicroVm.Images.Store;

namespace MicroVm.Engine.Containers;

public sealed partial class ContainerService
{
    /// <summary>The container's disks: those that create began to make, later the same again.</summary>
    private Task<PreparedDisks> DisksAsync(Container container)
    {
        if (container.Disks is { IsFaulted: false } begun && container.Snapshot.StartedAt is null)
        {
            return begun;
        }

        StoredImage image = FindImage(container.Snapshot.ImageId.ToString());
        return container.Disks = PrepareDisksAsync(container, image);
    }

    private async Task<PreparedDisks> PrepareDisksAsync(Container container, StoredImage image)
    {
        Task<DiskSpec> scratch = Task.Run(() => ScratchAsync(container));
        Task<RootDisk> root = _layers.GetRootDiskAsync(image.DiffIds, CancellationToken.None);
        await Task.WhenAll(scratch, root).ConfigureAwait(false);
        RootDisk disk = await root.ConfigureAwait(false);
        DiskSpec rootDisk = new(disk.Descriptor, DiskFormat.Vmdk, ReadOnly: true) { Extents = disk.Extents };
        return new(rootDisk, await scratch.ConfigureAwait(false));
    }

    /// <summary>Made at the first start and kept; never half-made.</summary>
    private async Task<DiskSpec> ScratchAsync(Container container)
    {
        string path = container.Paths.Scratch;
        bool isVolatile = container.Snapshot.Spec.AutoRemove;
        if (!File.Exists(path))
        {
            await _scratch.CreateAsync(path + ".tmp", StorageSize(container.Snapshot.Spec), journal: !isVolatile, CancellationToken.None).ConfigureAwait(false);
            File.Move(path + ".tmp", path);
        }

        return new(path, DiskFormat.Raw, ReadOnly: false, Volatile: isVolatile);
    }

    public long DiskUsage(string container)
    {
        Container found = _index.Find(container);
        ContainerSpec spec = found.Snapshot.Spec;
        return _scratch.UsedBytes(found.Paths.Scratch, StorageSize(spec), journal: !spec.AutoRemove);
    }

    private long StorageSize(ContainerSpec spec) =>
        spec.StorageOptions.TryGetValue("size", out string? text) && ByteSize.TryParse(text, out long size)
            ? size
            : _options.DefaultStorage;
}
