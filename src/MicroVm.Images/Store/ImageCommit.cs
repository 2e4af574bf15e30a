using MicroVm.Images.References;

namespace MicroVm.Images.Store;

/// <summary>An image made of another one and a layer on top of it.</summary>
/// <param name="Parent">Its id; null: nothing (FROM scratch).</param>
/// <param name="Config">What the new one's configuration says; its history is the parent's and <paramref name="Step"/>.</param>
/// <param name="Step">The last entry of its history.</param>
/// <param name="Name">Its name; null: none.</param>
public sealed record ImageCommit(Digest? Parent, ImageConfig Config, ImageHistory Step, ImageReference? Name)
{
    /// <summary>By which a later build finds it (<see cref="BuildOrigin.Key"/>); null: it is no build's step.</summary>
    public string? BuildKey { get; init; }

    /// <summary>A layer that is in the store already, in place of one that streams in.</summary>
    public Digest? Layer { get; init; }
}
