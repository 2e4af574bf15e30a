using MicroVm.Hypervisor.Host;
using MicroVm.Networks;
using MicroVm.Networks.Firewall;

namespace MicroVm.Daemon.Hosting;

/// <summary>What this host has for VMs and for their networks.</summary>
internal static class HostReport
{
    /// <summary>Everything, the most important first. Takes some 100 ms.</summary>
    public static IReadOnlyList<HostFinding> Run(DaemonOptions options)
    {
        Hypervisor.HypervisorOptions hypervisor = DaemonServices.Hypervisor(options);
        IReadOnlyList<HostFinding> findings = HostExamination.Run(hypervisor, options.Kernel, options.Initramfs);
        return hypervisor.UserNetworking || HostNetwork.Fault() is not null ? findings : [.. findings, .. Firewalls(HostNetwork.Nft!)];
    }

    private static IEnumerable<HostFinding> Firewalls(string nft)
    {
        try
        {
            return ForwardChains.Dropping(nft).Select(Describe).DefaultIfEmpty(
                new("firewall", FindingState.Good, "no other drops what is forwarded", "containers reach what the host reaches"));
        }
        catch (NetworkException e)
        {
            return [new("firewall", FindingState.Weaker, e.Message)];
        }
    }

    private static HostFinding Describe(ForwardChain chain) => chain.LetsBridgesPass
        ? new("firewall", FindingState.Good, $"{chain} lets the bridges' packets pass", "containers reach what the host reaches")
        : new(
            "firewall",
            FindingState.Weaker,
            $"{chain} drops what is forwarded",
            "containers on bridges reach nothing outside, and their published ports are not reached from there",
            chain.Remedy);
}
