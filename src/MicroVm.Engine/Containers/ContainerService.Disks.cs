using MicroVm.Engine.Configuration;
using MicroVm.Hypervisor;
using MicroVm.Images.Layers;
using MicroVm.Images.Store;

namespace MicroVm.Engine.Containers;

public sealed partial class ContainerService
{
    /// <summary>The container's disks: what create began to make, else (again) from the start.</summary>
    private async Task<PreparedDisks> DisksAsync(Container container)
    {
        Task<PreparedDisks>? begun = container.Disks;
        container.Disks = null;
        if (begun is not null)
        {
            await ((Task)begun).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (begun.IsCompletedSuccessfully)
            {
                return await begun.ConfigureAwait(false);
            }
        }

        StoredImage image = FindImage(container.Snapshot.ImageId.ToString());
        return await PrepareDisksAsync(container, image).ConfigureAwait(false);
    }

    private async Task<PreparedDisks> PrepareDisksAsync(Container container, StoredImage image)
    {
        Task<DiskSpec> scratch = Task.Run(() => _scratch.PrepareAsync(
            container.Paths.Scratch, StorageSize(container.Snapshot.Spec), container.Snapshot.Spec.AutoRemove));
        RootDisk root = await _layers.GetRootDiskAsync(image.DiffIds, CancellationToken.None).ConfigureAwait(false);
        DiskSpec rootDisk = new(root.Descriptor, DiskFormat.Vmdk, ReadOnly: true) { Extents = root.Extents };
        return new(rootDisk, await scratch.ConfigureAwait(false));
    }

    private long StorageSize(ContainerSpec spec) =>
        spec.StorageOptions.TryGetValue("size", out string? text) && ByteSize.TryParse(text, out long size)
            ? size
            : _options.DefaultStorage;
}
