using MicroVm.Images.References;

namespace MicroVm.Engine.Files;

/// <summary>What a new image is to be beyond the container that it is made of.</summary>
public sealed record CommitOptions
{
    /// <summary>Its name; null: none.</summary>
    public ImageReference? Name { get; init; }

    public string Author { get; init; } = "";

    public string Comment { get; init; } = "";

    /// <summary>What its configuration is to say where it is not the container's; null: nothing.</summary>
    public CommitOverrides? Overrides { get; init; }

    /// <summary>Dockerfile instructions that change the configuration, after <see cref="Overrides"/>.</summary>
    public IReadOnlyList<string> Changes { get; init; } = [];

    /// <summary>The container's processes stand still meanwhile.</summary>
    public bool Pause { get; init; } = true;
}
