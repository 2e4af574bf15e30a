namespace MicroVm.Api.Images;

/// <param name="Digest">Of the manifest.</param>
/// <param name="Size">Of the manifest, bytes.</param>
public sealed record PushResult(string Tag, string Digest, int Size);
