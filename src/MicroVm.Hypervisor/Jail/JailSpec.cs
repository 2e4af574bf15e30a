using System.Runtime.InteropServices;

namespace MicroVm.Hypervisor.Jail;

/// <summary>One program's jail.</summary>
internal sealed record JailSpec
{
    /// <summary>Names the control group.</summary>
    public required string Id { get; init; }

    /// <summary>The program and its arguments, the program's path included.</summary>
    public required IReadOnlyList<string> Command { get; init; }

    /// <summary>Seen under the same paths as on the host.</summary>
    public required IReadOnlyList<string> ReadOnlyFiles { get; init; }

    /// <summary>Likewise; they must belong to the jail's user.</summary>
    public required IReadOnlyList<string> WritableFiles { get; init; }

    /// <summary>The directory where it sees its own descriptors, to open again what it has inherited; null: nowhere.</summary>
    public string? Descriptors { get; init; }

    /// <summary>Device files, likewise.</summary>
    public IReadOnlyList<string> Devices { get; init; } = [];

    /// <summary>Whose packets leave through the host's own sockets.</summary>
    public required bool SharesNetwork { get; init; }

    /// <summary>Its program is a process that another has started, who knows it and its threads by the host's numbers: it keeps those.</summary>
    public bool IsEntered { get; init; }

    /// <summary>False: its starter has a control group for it.</summary>
    public bool HasControlGroup { get; init; } = true;

    /// <summary>Trees and files of the host that it serves to a guest.</summary>
    public IReadOnlyList<JailTree> Trees { get; init; } = [];

    /// <summary>It is root, with these privileges alone; null: it is <see cref="User"/>, without any.</summary>
    public IReadOnlyList<string>? Capabilities { get; init; }

    /// <summary>Where it is root; outside it is <see cref="User"/>, without privileges. Null: where the jail is made.</summary>
    public SafeHandle? UserNamespace { get; init; }

    /// <summary>Descriptors that it may have, as far as the daemon itself may.</summary>
    public ulong OpenFiles { get; init; } = 4096;

    /// <summary>User and group; null: the daemon's own, which is not root then.</summary>
    public required uint? User { get; init; }

    public required GroupLimits Limits { get; init; }
}

/// <param name="Path">Of the host.</param>
/// <param name="Place">Where the jail shows it, with all that is mounted below.</param>
internal sealed record JailTree(string Path, string Place, bool ReadOnly);
