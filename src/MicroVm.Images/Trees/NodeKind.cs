namespace MicroVm.Images.Trees;

/// <summary>What a file of an image is. The values are those of an index record.</summary>
public enum NodeKind : byte
{
    File = 0,
    Directory = 1,
    SymbolicLink = 2,
    CharacterDevice = 3,
    BlockDevice = 4,
    Fifo = 5,
}
