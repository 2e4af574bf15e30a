using MicroVm.Engine.Containers;

namespace MicroVm.Engine.Files;

/// <summary>A configuration that is given with a commit: it is filled up from the container's, as at create from the image's.</summary>
/// <param name="Spec">The part that a container and an image share; the rest is not looked at.</param>
public sealed record CommitOverrides(ContainerSpec Spec)
{
    /// <summary>Added.</summary>
    public IReadOnlyList<string> Volumes { get; init; } = [];

    /// <summary>Empty: the image's.</summary>
    public IReadOnlyList<string> OnBuild { get; init; } = [];

    /// <summary>Null: the image's.</summary>
    public IReadOnlyList<string>? Shell { get; init; }
}
