namespace MicroVm.Networks.Dns;

/// <summary>How much of something one guest may have at a time, so that it can't take all of it from the others. Thread-safe.</summary>
internal sealed class GuestShare(int most)
{
    private readonly Dictionary<uint, int> _taken = [];

    /// <summary>False: it has its share already.</summary>
    public bool TryTake(uint guest)
    {
        lock (_taken)
        {
            int taken = _taken.GetValueOrDefault(guest);
            _taken[guest] = Math.Min(taken + 1, most);
            return taken < most;
        }
    }

    public void Release(uint guest)
    {
        lock (_taken)
        {
            if (--_taken[guest] == 0)
            {
                _taken.Remove(guest);
            }
        }
    }
}
