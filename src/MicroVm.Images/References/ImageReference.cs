namespace MicroVm.Images.References;

/// <summary>A normalised image name: registry host, repository path, and tag or digest.</summary>
/// <param name="Domain">docker.io, localhost:5000, …</param>
/// <param name="Path">library/python, …</param>
/// <param name="Tag">null only when there is a digest.</param>
public sealed partial record ImageReference(string Domain, string Path, string? Tag, Digest? Digest);
