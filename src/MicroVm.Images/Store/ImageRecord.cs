namespace MicroVm.Images.Store;

/// <summary>An image whose configuration and layers are all there.</summary>
/// <param name="Size">Sum of the layers' content, bytes.</param>
internal sealed record ImageRecord(Digest Id, ImageConfig Config, IReadOnlyList<Digest> DiffIds, long Size);
