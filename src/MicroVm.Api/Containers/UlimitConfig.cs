namespace MicroVm.Api.Containers;

/// <param name="Name">nofile, nproc, …</param>
/// <param name="Soft">-1: unlimited.</param>
/// <param name="Hard">-1: unlimited.</param>
public sealed record UlimitConfig(string? Name, long Hard, long Soft);
