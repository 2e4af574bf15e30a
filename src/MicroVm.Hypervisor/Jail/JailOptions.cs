namespace MicroVm.Hypervisor.Jail;

/// <summary>What every VMM of this daemon is confined by.</summary>
public sealed record JailOptions
{
    /// <summary>Users 0x70000000 and up: neither people, nor system users, nor containers of other managers get these.</summary>
    public static readonly UserRange DefaultUsers = new(1879048192, 65536);

    /// <summary>False: the VMM runs with all rights of the daemon, for hosts that can't confine it.</summary>
    public bool Enabled { get; init; } = true;

    /// <summary>The bubblewrap binary; null: bwrap on the PATH.</summary>
    public string? BubblewrapPath { get; init; }

    /// <summary>Each VM's own user and group, with the same number. Only root can give them.</summary>
    public UserRange Users { get; init; } = DefaultUsers;

    /// <summary>Where the daemons of one host tell each other which users they have given.</summary>
    public string ClaimsDirectory { get; init; } = "/run/mvm-users";

    /// <summary>The control group, from the hierarchy's root, below which each VM has its own.</summary>
    public string ControlGroupParent { get; init; } = "mvm";
}

/// <param name="First">At least 1.</param>
/// <param name="Count">At least 1; as many VMs can run at once on the host.</param>
public sealed record UserRange(uint First, uint Count);
