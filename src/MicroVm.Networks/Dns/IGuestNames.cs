using System.Net;

namespace MicroVm.Networks.Dns;

/// <summary>What guests may ask of names. Addresses are IPv4 in host byte order; names are in lower case, without a dot at their end.</summary>
public interface IGuestNames
{
    /// <summary>Whether a guest has this address.</summary>
    bool IsGuest(uint client);

    /// <summary>The addresses of a name as this guest sees it; empty: it is none of ours.</summary>
    IReadOnlyList<uint> Find(uint client, string name);

    /// <summary>The name of an address; null: it is none of ours.</summary>
    string? NameOf(uint client, uint address);

    /// <summary>Who is asked for what is not ours; nobody for a guest that reaches nothing outside.</summary>
    IReadOnlyList<IPAddress> ServersOf(uint client);
}
