using MicroVm.Images.References;
using MicroVm.Images.Store;

namespace MicroVm.Images.Archives;

/// <summary>An image that an archive describes, its layers checked against its configuration.</summary>
/// <param name="Manifest">The manifest blob; empty for a docker-archive, which has none.</param>
internal sealed record ArchiveImage(byte[] ConfigBlob, ParsedImageConfig Config, byte[] Manifest, IReadOnlyList<ImageReference> Names)
{
    /// <exception cref="ImageException">Invalid or Corrupt: the layers are not those of the configuration.</exception>
    public static ArchiveImage Checked(
        byte[] configBlob, ParsedImageConfig config, byte[] manifest, IReadOnlyList<Digest> layers, IReadOnlyList<ImageReference> names)
    {
        if (config.DiffIds.Count != layers.Count)
        {
            throw new ImageException(
                ImageErrorKind.Invalid, $"invalid manifest, layers length mismatch: expected {layers.Count}, got {config.DiffIds.Count}");
        }

        for (int i = 0; i < layers.Count; i++)
        {
            if (layers[i] != config.DiffIds[i])
            {
                throw new ImageException(
                    ImageErrorKind.Corrupt, $"invalid diffID for layer {i}: expected \"{config.DiffIds[i]}\", got \"{layers[i]}\"");
            }
        }

        return new(configBlob, config, manifest, names);
    }
}
