namespace MicroVm.Api.Containers;

/// <summary>A host device asked for (--device).</summary>
public sealed record DeviceMapping(string? PathOnHost, string? PathInContainer, string? CgroupPermissions);
