using System.Collections.Concurrent;

namespace MicroVm.Engine.Execs;

/// <summary>The execs that are known. Those that ended a while ago, or can never be started, are dropped when others are made.</summary>
internal sealed class ExecTable(TimeProvider time)
{
    private const int MaxExecs = 20_000;
    private static readonly TimeSpan s_kept = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan s_betweenSweeps = TimeSpan.FromMinutes(1);

    private readonly ConcurrentDictionary<string, Exec> _execs = new(StringComparer.Ordinal);
    private long _swept = time.GetTimestamp();

    public IEnumerable<Exec> All => _execs.Select(pair => pair.Value);

    /// <summary>Throws Conflict when there are too many.</summary>
    public void Add(Exec exec)
    {
        if (_execs.Count >= MaxExecs || time.GetElapsedTime(Volatile.Read(ref _swept)) > s_betweenSweeps)
        {
            Sweep();
        }

        if (_execs.Count >= MaxExecs)
        {
            throw new EngineException(EngineErrorKind.Conflict, $"there are {MaxExecs} execs: start some of them, or wait until some have ended");
        }

        _execs[exec.Snapshot.Id] = exec;
    }

    public Exec Find(string id) => _execs.TryGetValue(id, out Exec? exec)
        ? exec
        : throw new EngineException(EngineErrorKind.NotFound, $"No such exec instance: {OneLine.Of(id, 128)}");

    private void Sweep()
    {
        Volatile.Write(ref _swept, time.GetTimestamp());
        DateTimeOffset oldest = time.GetUtcNow() - s_kept;
        foreach (Exec exec in All.Where(e => e.EndedAt < oldest || IsStale(e)))
        {
            _execs.TryRemove(exec.Snapshot.Id, out _);
        }
    }

    private static bool IsStale(Exec exec) => !exec.WasStarted && exec.Container is { IsRunning: false, Starting: null };
}
