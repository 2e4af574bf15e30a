namespace MicroVm.Api.Containers;

/// <summary>Where a port is published; Docker's API has the number as text.</summary>
/// <param name="HostIp">Empty: every address.</param>
/// <param name="HostPort">Empty or 0: any free port; a range picks a free one of it.</param>
public sealed record PortBinding(string? HostIp, string? HostPort);
