namespace MicroVm.Api.Containers;

/// <summary>What keeps the file system, in inspections.</summary>
public sealed record GraphDriver(string Name, IReadOnlyDictionary<string, string>? Data);
