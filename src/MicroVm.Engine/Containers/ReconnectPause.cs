namespace MicroVm.Engine.Containers;

/// <summary>
/// How long to wait before the next connection to a guest. The first lost one is replaced at once; for a guest that keeps closing them
/// the pause doubles, so that it costs the host little.
/// </summary>
internal sealed class ReconnectPause(TimeProvider time)
{
    private static readonly TimeSpan s_first = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan s_longest = TimeSpan.FromSeconds(1);

    // A connection that was kept so long was none to hang up on.
    private static readonly TimeSpan s_lasting = TimeSpan.FromSeconds(10);

    private long _last;
    private TimeSpan _next;

    /// <summary>A connection was lost. At most one second.</summary>
    public TimeSpan Next()
    {
        long now = time.GetTimestamp();
        TimeSpan pause = time.GetElapsedTime(_last, now) < s_lasting ? _next : TimeSpan.Zero;
        _next = TimeSpan.FromTicks(Math.Clamp(2 * pause.Ticks, s_first.Ticks, s_longest.Ticks));
        _last = now;
        return pause;
    }
}
