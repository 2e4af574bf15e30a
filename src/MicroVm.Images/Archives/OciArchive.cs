using MicroVm.Images.References;
using MicroVm.Images.Registry;

namespace MicroVm.Images.Archives;

/// <summary>An OCI image layout (image-spec, image-layout.md): index.json and blobs by digest.</summary>
internal sealed class OciArchive(ArchiveContents contents)
{
    public const string IndexName = "index.json";

    private const string ContainerdName = "io.containerd.image.name";
    private const string ReferenceName = "org.opencontainers.image.ref.name";
    private const int MaxDepth = 3;

    public IReadOnlyList<ArchiveImage> Read()
    {
        if (ManifestReader.Parse(contents.RequiredFile(IndexName)) is not ImageIndex index)
        {
            throw new ImageException(ImageErrorKind.Invalid, $"invalid archive: {IndexName} is not an index");
        }

        return [.. index.Manifests.Take(ArchiveLimits.MaxImages).GroupBy(NameIn).SelectMany(ReadGroup)];
    }

    // Entries of one name that differ by platform are one image; entries without platforms are images of their own.
    private IEnumerable<ArchiveImage> ReadGroup(IGrouping<ImageReference?, Descriptor> group)
    {
        List<Descriptor> entries = [.. group];
        if (entries.Count > 1 && entries.Exists(entry => entry.Platform is not null))
        {
            return [Named(Select(new(entries), 1), group.Key)];
        }

        return entries.Select(entry => Named(ReadEntry(entry, 1), group.Key));
    }

    private static ArchiveImage Named(ArchiveImage? image, ImageReference? name) => image is null
        ? throw new ImageException(ImageErrorKind.NotFound, $"no matching manifest for {Platform.Default} in the manifest list entries")
        : image with { Names = name is null ? [] : [name] };

    private ArchiveImage? Select(ImageIndex index, int depth) =>
        IndexSelection.Candidates(index, Platform.Default)
            .Select(candidate => ReadEntry(candidate, depth + 1))
            .FirstOrDefault(image => image is not null && IndexSelection.RankOf(Platform.Default, image.Config.Config) is not null);

    private ArchiveImage? ReadEntry(Descriptor entry, int depth)
    {
        byte[] blob = Blob(entry.Digest);
        return ManifestReader.Parse(blob) switch
        {
            ImageManifest manifest => ReadImage(manifest, blob),
            ImageIndex nested when depth < MaxDepth => Select(nested, depth),
            _ => null,
        };
    }

    private ArchiveImage ReadImage(ImageManifest manifest, byte[] blob)
    {
        byte[] config = Blob(manifest.Config.Digest);
        return ArchiveImage.Checked(
            config, contents.Config(config), blob, [.. manifest.Layers.Select(layer => contents.Layer(ArchiveContents.NameOf(layer.Digest)))], []);
    }

    private byte[] Blob(Digest digest)
    {
        byte[] blob = contents.RequiredFile(ArchiveContents.NameOf(digest));
        contents.CountWork(blob.Length);
        return Digest.Of(blob) == digest
            ? blob
            : throw new ImageException(ImageErrorKind.Corrupt, $"invalid archive: blob {digest} does not match its digest");
    }

    // ref.name is a full name for some tools, and only a tag for the specification: "1.0" alone names nothing.
    private static ImageReference? NameIn(Descriptor entry)
    {
        if (ImageReference.TryParse(entry.Annotations.GetValueOrDefault(ContainerdName), out ImageReference? name) && name.Digest is null)
        {
            return name;
        }

        string? reference = entry.Annotations.GetValueOrDefault(ReferenceName);
        return reference?.AsSpan().ContainsAny('/', ':') == true && ImageReference.TryParse(reference, out name) && name.Digest is null
            ? name
            : null;
    }
}
