namespace MicroVm.Images.Archives;

/// <summary>A file of an archive that looked like a layer.</summary>
/// <param name="DiffId">The layer as stored; null when it could not be.</param>
/// <param name="Problem">Why not. An error only if an image wants it.</param>
internal sealed record ArchiveLayer(Digest? DiffId, ImageException? Problem);
