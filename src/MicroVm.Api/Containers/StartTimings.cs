namespace MicroVm.Api.Containers;

/// <summary>Answer of <see cref="MvmRoutes.Timings"/>.</summary>
/// <param name="Milliseconds">Step of the last start (disk, vmm, boot, process …) to its duration.</param>
public sealed record StartTimings(IReadOnlyDictionary<string, double> Milliseconds);
