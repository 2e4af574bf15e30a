namespace MicroVm.Engine.Containers;

/// <summary>
/// Spaces out automatic starts: at first 100 ms, twice as long each time, a minute at most. A run of ten seconds counts as a
/// success, after which it begins anew; as with Docker.
/// </summary>
internal sealed class RestartBackOff
{
    private static readonly TimeSpan s_first = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan s_longest = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan s_success = TimeSpan.FromSeconds(10);

    private TimeSpan _next = s_first;

    /// <param name="ran">How long the container ran.</param>
    public TimeSpan Next(TimeSpan ran)
    {
        TimeSpan delay = ran >= s_success ? s_first : _next;
        _next = delay * 2 < s_longest ? delay * 2 : s_longest;
        return delay;
    }

    public void Reset() => _next = s_first;
}
