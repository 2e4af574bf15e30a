using MicroVm.Images.Trees;

namespace MicroVm.Images.Layers;

/// <summary>
/// Layers by diff_id: for each a <c>data</c> file (contents, 4 KiB aligned) and an <c>index</c> (the tree). Shared by
/// images; immutable once there.
/// </summary>
public interface ILayerStore
{
    bool Contains(Digest diffId);

    /// <summary>All layers that are there whole; the image store removes those that no image names.</summary>
    IReadOnlyCollection<Digest> List();

    /// <summary>
    /// Reads an uncompressed tar to its last byte, trailing padding included, and stores the layer under the SHA-256
    /// of those bytes. When <paramref name="expected"/> is given and differs, nothing is kept and
    /// <see cref="ImageException"/> (Corrupt) is thrown; a malformed tar is Invalid.
    /// </summary>
    Task<LayerInfo> AddAsync(Stream tar, Digest? expected, CancellationToken cancellationToken);

    LayerInfo Get(Digest diffId);

    /// <summary>
    /// The layer's uncompressed tar, byte for byte as it was added: its end is only reached when its SHA-256 is
    /// <paramref name="diffId"/> (else Corrupt). NotFound: there is no such layer.
    /// </summary>
    Stream OpenTar(Digest diffId);

    /// <summary>The layers' files merged, as the root disk has them, and their contents.</summary>
    /// <param name="diffIds">Lowest first.</param>
    /// <exception cref="ImageException">NotFound: a layer is missing. Invalid: the layers don't fit together.</exception>
    ImageContents OpenContents(IReadOnlyList<Digest> diffIds, CancellationToken cancellationToken);

    /// <summary>Removes a layer that no image names any more.</summary>
    void Remove(Digest diffId);

    /// <summary>
    /// The read-only root disk of the layers, lowest first: made when missing (milliseconds), else reused. Concurrent
    /// callers share one.
    /// </summary>
    Task<RootDisk> GetRootDiskAsync(IReadOnlyList<Digest> diffIds, CancellationToken cancellationToken);
}

/// <param name="TarSize">Length of the uncompressed tar, bytes.</param>
/// <param name="ContentSize">Sum of the regular files' sizes, bytes (what Docker reports as size).</param>
public sealed record LayerInfo(Digest DiffId, long TarSize, long ContentSize);

/// <param name="Descriptor">VMDK descriptor file.</param>
/// <param name="Extents">All files it names.</param>
public sealed record RootDisk(string Descriptor, IReadOnlyList<string> Extents);
