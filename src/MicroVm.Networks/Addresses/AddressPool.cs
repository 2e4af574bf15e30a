namespace MicroVm.Networks.Addresses;

/// <summary>
/// The addresses of one network. A new one is the next after the last given, so that an address that was just freed is not at once
/// another's. Not thread-safe.
/// </summary>
public sealed class AddressPool
{
    private readonly Subnet _subnet;
    private readonly Subnet _range;
    private readonly HashSet<uint> _taken = [];
    private uint _next;

    /// <param name="range">What is given when nothing is asked for; within the subnet.</param>
    /// <param name="reserved">Given to nobody: the gateway, other hosts.</param>
    public AddressPool(Subnet subnet, Subnet range, IEnumerable<uint> reserved)
    {
        (_subnet, _range) = (subnet, range);
        _taken.UnionWith(reserved);
        _next = range.First;
    }

    /// <summary>Null: all are taken.</summary>
    /// <param name="preferred">Had before; given again where it is free.</param>
    public uint? Take(uint? preferred)
    {
        if (preferred is { } before && TryTake(before))
        {
            return before;
        }

        uint candidate = _next;
        for (ulong tries = 0; tries <= _range.Last - _range.First; tries++)
        {
            uint address = candidate;
            candidate = candidate == _range.Last ? _range.First : candidate + 1;
            if (TryTake(address))
            {
                _next = candidate;
                return address;
            }
        }

        return null;
    }

    /// <summary>False: it is taken, or not one of the subnet's that hosts may have.</summary>
    public bool TryTake(uint address) => IsUsable(address) && _taken.Add(address);

    public void Release(uint address) => _taken.Remove(address);

    /// <summary>All but the subnet's first (its name) and last (its broadcast); a subnet of one or two addresses has neither.</summary>
    private bool IsUsable(uint address) =>
        _subnet.Contains(address) && (_subnet.PrefixLength >= 31 || (address != _subnet.First && address != _subnet.Last));
}
