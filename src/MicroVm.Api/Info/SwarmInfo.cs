namespace MicroVm.Api.Info;

/// <summary>There is no swarm: inactive, for ever.</summary>
public sealed record SwarmInfo
{
    public string NodeID { get; init; } = "";

    public string NodeAddr { get; init; } = "";

    public string LocalNodeState { get; init; } = "inactive";

    public bool ControlAvailable { get; init; }

    public string Error { get; init; } = "";

    public IReadOnlyList<string>? RemoteManagers { get; init; }
}
