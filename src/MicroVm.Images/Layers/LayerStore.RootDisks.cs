using System.Collections.Concurrent;
using MicroVm.Images.RootDisks;

namespace MicroVm.Images.Layers;

/// <summary>
/// Root disks: made on demand, kept until the host's next boot or until one of their layers goes. Making one costs less
/// than making it durable would.
/// </summary>
public sealed partial class LayerStore
{
    /// <summary>Raised with every change in what a disk holds, so that an upgraded daemon makes new ones.</summary>
    private const int DiskVersion = 1;

    private readonly string _disks;
    private readonly long _paddedDiskSize;
    private readonly ConcurrentDictionary<Digest, Lazy<Task<RootDisk>>> _building = new();

    public async Task<RootDisk> GetRootDiskAsync(IReadOnlyList<Digest> diffIds, CancellationToken cancellationToken)
    {
        Digest chain = ChainId.Of(Checked(diffIds));
        if (TryGetDisk(chain) is { } disk)
        {
            return disk;
        }

        Lazy<Task<RootDisk>> building = _building.GetOrAdd(chain, _ => new(() => Task.Run(() => BuildAndForget(chain, diffIds))));
        return await building.Value.WaitAsync(cancellationToken).ConfigureAwait(false);
    }

    private static string DisksOfThisBoot(string root)
    {
        string bootId = File.ReadAllText("/proc/sys/kernel/random/boot_id").Trim();
        return Path.Combine(root, "disks", $"{DiskVersion}-{bootId}");
    }

    private void DeleteDisksOfOtherBoots()
    {
        foreach (string other in Directory.EnumerateDirectories(Path.GetDirectoryName(_disks)!).Where(other => other != _disks))
        {
            Discard(other);
        }
    }

    private RootDisk BuildAndForget(Digest chain, IReadOnlyList<Digest> diffIds)
    {
        try
        {
            return TryGetDisk(chain) ?? StorageError.Guard(_root, () => Build(chain, diffIds));
        }
        finally
        {
            _building.TryRemove(chain, out _);
        }
    }

    private RootDisk Build(Digest chain, IReadOnlyList<Digest> diffIds)
    {
        string directory = Path.Combine(_temporary, Guid.NewGuid().ToString("N"));
        try
        {
            Directory.CreateDirectory(directory);
            new RootDiskBuilder(diffIds, FilesOf).Build(directory, chain, _paddedDiskSize);
            Directory.Move(directory, DiskDirectory(chain));
        }
        finally
        {
            Discard(directory);
        }

        return RootDiskBuilder.Describe(DiskDirectory(chain));
    }

    private RootDisk? TryGetDisk(Digest chain) =>
        Directory.Exists(DiskDirectory(chain)) ? RootDiskBuilder.Describe(DiskDirectory(chain)) : null;

    private string DiskDirectory(Digest chain) => Path.Combine(_disks, chain.Hex);

    private IReadOnlyList<Digest> Checked(IReadOnlyList<Digest> diffIds)
    {
        if (diffIds.Count > LayerLimits.MaxLayers)
        {
            throw new ImageException(ImageErrorKind.Invalid, $"image has {diffIds.Count} layers, more than {LayerLimits.MaxLayers}");
        }

        foreach (Digest diffId in diffIds)
        {
            if (!Contains(diffId))
            {
                throw Missing(diffId);
            }
        }

        return diffIds;
    }
}
