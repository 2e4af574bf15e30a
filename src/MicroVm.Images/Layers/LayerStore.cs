using MicroVm.Images.Files;
using MicroVm.Images.RootDisks;
using MicroVm.Images.Tar;
using MicroVm.Images.Trees;
using MicroVm.Interop.Posix;

namespace MicroVm.Images.Layers;

/// <summary>
/// Layers and root disks in a directory of their own:
/// <code>
/// ROOT/layers/HEX/{data,index}   a layer, by diff_id
/// ROOT/disks/BOOT/CHAIN/         a root disk of this boot of the host
/// ROOT/tmp/                      what is being made or removed; emptied when the store is opened
/// </code>
/// One process has the directory open at a time. Safe for concurrent use.
/// </summary>
public sealed partial class LayerStore : ILayerStore
{
    private readonly string _root;
    private readonly string _layers;
    private readonly string _temporary;
    private readonly bool _hasWhiteouts;

    private LayerStore(string root, long paddedDiskSize, bool hasWhiteouts)
    {
        _hasWhiteouts = hasWhiteouts;
        _root = root;
        _layers = Path.Combine(root, "layers");
        _temporary = Path.Combine(root, "tmp");
        _disks = DisksOfThisBoot(root);
        _paddedDiskSize = paddedDiskSize;
        Directory.CreateDirectory(_layers);
        Directory.CreateDirectory(_temporary);
        Directory.CreateDirectory(_disks);
        DeleteAllIn(_temporary);
        DeleteDisksOfOtherBoots();
        foreach (LayerFiles layer in UnreadableLayers())
        {
            Discard(layer.Directory);
        }
    }

    /// <summary>Opens or creates the store, and removes what a killed process left over.</summary>
    /// <param name="root">A directory on the file system that is to hold the layers.</param>
    /// <param name="paddedDiskSize">
    /// Bytes, whole sectors, that every root disk is padded to at least, by a sparse file that takes no space: warm VMs
    /// can exchange disks of one size. 0: no padding.
    /// </param>
    /// <param name="hasWhiteouts">False: archives of plain files, where a whiteout's name is a name like others.</param>
    /// <exception cref="ImageException">Storage: the directory can't be used.</exception>
    public static LayerStore Open(string root, long paddedDiskSize = 0, bool hasWhiteouts = true)
    {
        string full = Path.GetFullPath(root);
        return StorageError.Guard(full, () => new LayerStore(full, paddedDiskSize, hasWhiteouts));
    }

    public bool Contains(Digest diffId) => File.Exists(FilesOf(diffId).Index);

    public IReadOnlyCollection<Digest> List()
    {
        var found = new List<Digest>();
        foreach (string directory in Directory.EnumerateDirectories(_layers))
        {
            if (Digest.TryParse(Digest.Prefix + Path.GetFileName(directory), out Digest diffId))
            {
                found.Add(diffId);
            }
        }

        return found;
    }

    public LayerInfo Get(Digest diffId) => LayerIndex.LoadHeader(FilesOf(diffId).Index) is { } header
        ? new(diffId, header.TarSize, header.ContentSize)
        : throw Missing(diffId);

    public Stream OpenTar(Digest diffId)
    {
        LayerInfo info = Get(diffId);
        try
        {
            return new VerifiedBlobStream(new LayerTar(FilesOf(diffId)), diffId, info.TarSize, _ => { });
        }
        catch (FileNotFoundException)
        {
            throw Missing(diffId);
        }
    }

    public async Task<LayerInfo> AddAsync(Stream tar, Digest? expected, CancellationToken cancellationToken)
    {
        string directory = Path.Combine(_temporary, Guid.NewGuid().ToString("N"));
        try
        {
            LayerInfo info = await ImportAsync(tar, expected, directory, cancellationToken).ConfigureAwait(false);
            await Task.Run(() => StorageError.Guard(_root, () => Publish(directory, FilesOf(info.DiffId))), CancellationToken.None)
                .ConfigureAwait(false);
            return info;
        }
        finally
        {
            Discard(directory);
        }
    }

    public void Remove(Digest diffId) => StorageError.Guard(_root, () =>
    {
        foreach (string disk in Directory.EnumerateDirectories(_disks).Where(disk => RootDiskBuilder.Uses(disk, diffId)))
        {
            Discard(disk);
        }

        Discard(FilesOf(diffId).Directory);
    });

    /// <summary>The layers' files merged, as the root disk has them.</summary>
    /// <param name="diffIds">Lowest first.</param>
    /// <param name="cancellationToken">Checked between layers.</param>
    /// <exception cref="ImageException">NotFound: a layer is missing. Invalid: the layers don't fit together.</exception>
    public ImageTree ReadTree(IReadOnlyList<Digest> diffIds, CancellationToken cancellationToken) =>
        StorageError.Guard(_root, () => new RootDiskBuilder(Checked(diffIds), FilesOf).Merge(cancellationToken).Tree);

    public ImageContents OpenContents(IReadOnlyList<Digest> diffIds, CancellationToken cancellationToken) =>
        StorageError.Guard(_root, () => new ImageContents(
            ReadTree(diffIds, cancellationToken), diffIds.Distinct().Select(diffId => FilesOf(diffId).Data)));

    private async Task<LayerInfo> ImportAsync(
        Stream tar, Digest? expected, string directory, CancellationToken cancellationToken)
    {
        await using DataFileWriter data = StorageError.Guard(_root, () =>
        {
            Directory.CreateDirectory(directory);
            return new DataFileWriter(Path.Combine(directory, LayerFiles.DataName), _root);
        });
        using FrameWriter frame = StorageError.Guard(_root, () => new FrameWriter(Path.Combine(directory, LayerFiles.FrameName), _root));
        await using var input = new TarInput(tar, LayerLimits.MaxTarSize, hashes: true, frame.AddBytes);
        var index = new LayerIndexWriter();
        var importer = new LayerImporter(new(input), data, index, frame, _hasWhiteouts);
        await importer.RunAsync(cancellationToken).ConfigureAwait(false);
        Digest diffId = await input.FinishAsync(cancellationToken).ConfigureAwait(false);
        if (expected is { } digest && digest != diffId)
        {
            throw new ImageException(ImageErrorKind.Corrupt, $"layer is {diffId}, expected {digest}");
        }

        Task<long> stored = data.CompleteAsync().AsTask();
        await Task.WhenAll(stored, Task.Run(frame.Complete, CancellationToken.None)).ConfigureAwait(false);
        long dataLength = await stored.ConfigureAwait(false);
        StorageError.Guard(_root, () => index.Save(
            Path.Combine(directory, LayerFiles.IndexName), input.Length, importer.ContentSize, dataLength));
        return new(diffId, input.Length, importer.ContentSize);
    }

    /// <summary>Gives a finished layer its name, unless another caller was first with the same.</summary>
    private bool Publish(string directory, LayerFiles layer)
    {
        DirectorySync.Sync(directory);
        try
        {
            Directory.Move(directory, layer.Directory);
        }
        catch (IOException) when (File.Exists(layer.Index))
        {
            return false;
        }

        DirectorySync.Sync(_layers);
        return true;
    }

    private LayerFiles FilesOf(Digest diffId) => new(diffId, Path.Combine(_layers, diffId.Hex));

    /// <summary>Of an older or newer version's format, or cut short by a failing disk.</summary>
    private List<LayerFiles> UnreadableLayers() =>
        [.. List().Select(FilesOf).Where(layer => LayerIndex.LoadHeader(layer.Index) is not { } header || !HasData(layer, header))];

    private static bool HasData(LayerFiles layer, LayerIndexHeader header) =>
        new FileInfo(layer.Data) is { Exists: true } data && data.Length == header.DataLength;

    /// <summary>Removes a directory at once under its name; a crash midway leaves the rest in tmp.</summary>
    private void Discard(string directory)
    {
        if (!Directory.Exists(directory))
        {
            return;
        }

        string doomed = Path.Combine(_temporary, Guid.NewGuid().ToString("N"));
        Directory.Move(directory, doomed);
        Directory.Delete(doomed, recursive: true);
    }

    private static void DeleteAllIn(string directory)
    {
        foreach (string entry in Directory.EnumerateDirectories(directory))
        {
            Directory.Delete(entry, recursive: true);
        }
    }

    private static ImageException Missing(Digest diffId) =>
        new(ImageErrorKind.NotFound, $"layer {diffId} is not in the store: pull or load the image again");
}
