namespace MicroVm.Api.Containers;

/// <summary>Devices asked for by capability (--gpus).</summary>
public sealed record DeviceRequest(string? Driver, int Count, IReadOnlyList<string>? DeviceIDs);
