using MicroVm.Images.Trees;

namespace MicroVm.Engine.Builds.Copies;

/// <summary>One file or directory that is copied.</summary>
/// <param name="Contents">Whose file it is.</param>
/// <param name="Name">Its own, which it keeps in a directory.</param>
internal sealed record CopySource(ImageContents Contents, ImageNode Node, byte[] Name)
{
    /// <summary>Who it is to belong to; null: as it is there.</summary>
    public Owner? Owner { get; init; }

    /// <summary>Permission bits; null: as they are there.</summary>
    public ushort? Mode { get; init; }
}

internal readonly record struct Owner(uint Uid, uint Gid);
