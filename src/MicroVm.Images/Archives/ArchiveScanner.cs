using System.Text;
using MicroVm.Images.Compression;
using MicroVm.Images.Files;
using MicroVm.Images.Layers;
using MicroVm.Images.Registry;
using MicroVm.Images.Store;
using MicroVm.Images.Tar;

namespace MicroVm.Images.Archives;

/// <summary>
/// The one pass over an archive whose entries come in any order: what looks like a layer is stored as it passes,
/// before anything says whether it is one; the rest is small.
/// </summary>
internal sealed class ArchiveScanner(ILayerStore layers, long maxLayerSize, IProgress<TransferProgress> progress)
{
    private readonly ArchiveContents _contents = new();

    /// <summary>Filled as far as the scan got.</summary>
    public ArchiveContents Contents => _contents;

    public async Task ScanAsync(Stream archive, CancellationToken cancellationToken)
    {
        await using var input = new TarInput(archive, long.MaxValue, hashes: false);
        var reader = new TarReader(input);
        for (int count = 0; await NextAsync(reader, cancellationToken) is { } entry; count++)
        {
            if (count == ArchiveLimits.MaxEntries)
            {
                throw new ImageException(ImageErrorKind.Invalid, $"invalid archive: more than {ArchiveLimits.MaxEntries} entries");
            }

            await TakeAsync(reader, entry, cancellationToken);
        }
    }

    private static async Task<TarEntry?> NextAsync(TarReader reader, CancellationToken cancellationToken)
    {
        try
        {
            return await reader.ReadNextAsync(cancellationToken);
        }
        catch (ImageException e) when (e.Kind == ImageErrorKind.Invalid)
        {
            throw new ImageException(ImageErrorKind.Invalid, $"invalid archive: {e.Message}", e);
        }
    }

    private async Task TakeAsync(TarReader reader, TarEntry entry, CancellationToken cancellationToken)
    {
        if (entry.Name.Length > ArchiveLimits.MaxNameLength || entry.LinkName.Length > ArchiveLimits.MaxNameLength)
        {
            throw new ImageException(ImageErrorKind.Invalid, $"invalid archive: a name longer than {ArchiveLimits.MaxNameLength} bytes");
        }

        string name = ArchiveContents.Normalise(Encoding.UTF8.GetString(entry.Name));
        switch (entry.Type)
        {
            case TarEntryType.SymbolicLink or TarEntryType.HardLink:
                _contents.AddLink(name, Encoding.UTF8.GetString(entry.LinkName), entry.Type == TarEntryType.SymbolicLink);
                break;
            case var _ when entry.Segments is not null:
                throw new ImageException(ImageErrorKind.Invalid, "invalid archive: it has a sparse file");
            case TarEntryType.File or TarEntryType.OldFile or TarEntryType.ContiguousFile:
                await TakeFileAsync(name, entry.Size, new EntryStream(reader), cancellationToken);
                break;
        }
    }

    private async Task TakeFileAsync(string name, long size, EntryStream content, CancellationToken cancellationToken)
    {
        byte[] head = new byte[(int)Math.Min(size, TarHeader.BlockSize)];
        await content.ReadExactlyAsync(head, cancellationToken);
        var whole = new PrefixedStream(head, content);
        if (LooksLikeLayer(head))
        {
            _contents.AddLayer(name, await StoreLayerAsync(name, size, whole, IsCompressed(head), cancellationToken));
        }
        else if (size <= ArchiveLimits.MaxFileSize)
        {
            byte[] file = new byte[(int)size];
            await whole.ReadExactlyAsync(file, cancellationToken);
            _contents.AddFile(name, file);
        }
        else
        {
            _contents.AddLayer(name, new(null, new(ImageErrorKind.Invalid, "it is neither a tar nor a compressed one")));
        }
    }

    private static bool IsCompressed(byte[] head) => CompressionMagic.Of(head) != CompressionFormat.None;

    // A tar's first block is a header with the right checksum, or zero in an empty tar.
    private static bool LooksLikeLayer(byte[] head) => IsCompressed(head)
        || (head.Length == TarHeader.BlockSize && (new TarHeader(head).IsZero || new TarHeader(head).ChecksumMatches));

    private async Task<ArchiveLayer> StoreLayerAsync(
        string name, long size, Stream content, bool isCompressed, CancellationToken cancellationToken)
    {
        Digest? promised = ArchiveContents.DigestIn(name);
        Digest? diffId = isCompressed ? null : promised;
        if (diffId is { } known && layers.Contains(known))
        {
            return new(known, null);
        }

        var lines = new LayerProgress(progress, ShortId(name));
        await using var counted = new VerifiedBlobStream(
            content, isCompressed ? promised : null, size, position => lines.Count("Loading layer", position, size));
        try
        {
            await using Decompression tar = await Decompression.OpenAsync(counted, maxLayerSize, cancellationToken);
            await using var ahead = new ReadAheadStream(tar, cancellationToken);
            LayerInfo layer = await layers.AddAsync(ahead, diffId, cancellationToken);
            return new(layer.DiffId, null);
        }
        catch (ImageException e) when (e.Kind != ImageErrorKind.Storage)
        {
            return new(null, e);
        }
    }

    private static string ShortId(string name)
    {
        string id = ArchiveContents.DigestIn(name)?.Hex ?? name;
        return id[..Math.Min(id.Length, 12)];
    }
}
