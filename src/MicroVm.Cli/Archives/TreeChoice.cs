namespace MicroVm.Cli.Archives;

/// <summary>What becomes of a file of a tree that is archived.</summary>
internal enum TreeChoice
{
    Take,
    Leave,

    /// <summary>A directory that is left out itself, and may have in it what is not.</summary>
    LookInside,
}
