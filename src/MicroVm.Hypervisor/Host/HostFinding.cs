namespace MicroVm.Hypervisor.Host;

public enum FindingState
{
    /// <summary>There, and works.</summary>
    Good,

    /// <summary>Not there: mvm does without.</summary>
    Weaker,

    /// <summary>Not there: no VM can run.</summary>
    Missing,
}

/// <summary>One thing that VMs need of a host.</summary>
/// <param name="Name">"KVM", "QEMU".</param>
/// <param name="Found">What there is, or why it does not work; one line.</param>
/// <param name="Consequence">What mvm does therefore; one line, may be empty.</param>
/// <param name="Remedy">The one command that mends it; empty where there is none or no need.</param>
public sealed record HostFinding(string Name, FindingState State, string Found, string Consequence = "", string Remedy = "");
