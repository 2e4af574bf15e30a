namespace MicroVm.Api.Containers;

/// <param name="Type">Log driver.</param>
public sealed record LogConfig(string? Type, IReadOnlyDictionary<string, string>? Config);
