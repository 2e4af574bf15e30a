namespace MicroVm.Api;

/// <summary>What is served beyond Docker's API. All of it lies under <c>/mvm/</c>.</summary>
public static class MvmRoutes
{
    /// <summary>
    /// GET, the guest kernel's console of the last start, as raw bytes (<c>text/plain</c>); <c>?follow=1</c> goes on
    /// until the container ends.
    /// </summary>
    public const string KernelLog = "/mvm/containers/{id}/logs/kernel";

    /// <summary>GET, <see cref="Containers.StartTimings"/> of the last start.</summary>
    public const string Timings = "/mvm/containers/{id}/timings";

    /// <summary>
    /// Header (W3C Server-Timing: <c>disk;dur=1.2, boot;dur=340</c>, milliseconds) of the answer to
    /// <c>POST /containers/{id}/start</c>, for a caller whose container may be gone before it can ask.
    /// </summary>
    public const string TimingHeader = "Server-Timing";
}
