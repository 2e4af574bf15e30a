using MicroVm.Images.Compression;
using MicroVm.Images.Layers;
using MicroVm.Images.References;
using MicroVm.Images.Store;

namespace MicroVm.Images.Archives;

/// <summary><c>docker load</c>: all images of an archive, or none.</summary>
internal sealed class ArchiveLoader(ImageCatalog catalog, LayerLeases leases, ILayerStore layers, long maxLayerSize)
{
    // The archive may be compressed as a whole; what one layer may be bounds it too loosely, so this is only against bombs.
    private const long MaxArchiveSize = 1L << 42;

    public async Task<IReadOnlyList<LoadedImage>> LoadAsync(
        Stream archive, IProgress<TransferProgress> progress, CancellationToken cancellationToken)
    {
        using IDisposable lease = leases.BeginLoad();
        var scanner = new ArchiveScanner(layers, maxLayerSize, progress);
        try
        {
            await using Decompression content = await Decompression.OpenAsync(archive, MaxArchiveSize, cancellationToken);
            await scanner.ScanAsync(content, cancellationToken);
            IReadOnlyList<ArchiveImage> images = Interpret(scanner.Contents);
            return [.. images.GroupBy(image => Digest.Of(image.ConfigBlob)).SelectMany(Commit)];
        }
        finally
        {
            // Other platforms' layers, and all of them when the load failed.
            leases.Sweep(scanner.Contents.StoredLayers);
        }
    }

    private static IReadOnlyList<ArchiveImage> Interpret(ArchiveContents contents)
    {
        if (contents.File(DockerArchive.ManifestName) is not null)
        {
            return DockerArchive.Read(contents);
        }

        if (contents.File(OciArchive.IndexName) is not null)
        {
            return new OciArchive(contents).Read();
        }

        return contents.File(LegacyArchive.RepositoriesName) is not null
            ? new LegacyArchive(contents).Read()
            : throw new ImageException(
                ImageErrorKind.Invalid, "invalid archive: it has neither manifest.json nor index.json, so it is not an image archive");
    }

    // One image may be listed several times, each time with other names.
    private IEnumerable<LoadedImage> Commit(IGrouping<Digest, ArchiveImage> listed)
    {
        ArchiveImage image = listed.First();
        List<ImageReference> names = [.. listed.SelectMany(one => one.Names)];
        StoredImage stored = catalog.Commit(catalog.Compose(listed.Key, image.Config), image.ConfigBlob, image.Manifest, names);
        return names.Count == 0
            ? [new LoadedImage(stored, null)]
            : names.Select(name => new LoadedImage(stored, name.Familiar));
    }
}
