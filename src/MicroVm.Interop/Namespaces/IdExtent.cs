namespace MicroVm.Interop.Namespaces;

/// <summary>Ids of a user namespace in a row, and what they are outside of it (user_namespaces(7), uid_map).</summary>
/// <param name="Count">At least 1.</param>
public readonly record struct IdExtent(uint Inside, uint Outside, uint Count);
