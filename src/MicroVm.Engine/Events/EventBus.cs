using MicroVm.Engine.Stdio;

namespace MicroVm.Engine.Events;

/// <summary>
/// What happened lately, for any number of readers. Events are kept once, in a ring bounded by number and size; a
/// reader is a place in that ring, so that a slow one costs nothing and ends when its place has been overwritten.
/// </summary>
public sealed class EventBus
{
    /// <summary>Events kept.</summary>
    public const int Capacity = 4096;

    /// <summary>Characters of actions and attributes kept, over all events: labels and commands may be long.</summary>
    public const long MaxSize = 16 << 20;

    private const int Batch = 64;
    private const int AttributeOverhead = 64;

    private readonly Lock _sync = new();
    private readonly EngineEvent?[] _ring = new EngineEvent?[Capacity];
    private readonly Pulse _published = new();
    private readonly TimeProvider _time;
    private long _first;
    private long _next;
    private long _size;
    private DateTimeOffset _last;

    public EventBus(TimeProvider? time = null) => _time = time ?? TimeProvider.System;

    /// <summary>Tells all readers; never waits for one.</summary>
    public void Publish(string type, string action, string actorId, IReadOnlyDictionary<string, string> attributes)
    {
        lock (_sync)
        {
            DateTimeOffset now = _time.GetUtcNow();
            _last = now > _last ? now : _last;
            EngineEvent published = new(type, action, actorId, attributes, _last);
            MakeRoom(SizeOf(published));
            _ring[_next++ % Capacity] = published;
            _published.Fire();
        }
    }

    /// <summary>A reader of what comes after this call and, with <paramref name="past"/>, of what is still kept.</summary>
    public EventReader Subscribe(bool past = false)
    {
        lock (_sync)
        {
            return new(this, past ? _first : _next);
        }
    }

    /// <summary>
    /// The events from a place on, a batch at most. Empty: there are none yet, and <paramref name="more"/> completes with
    /// the next. Null: they have been overwritten.
    /// </summary>
    internal IReadOnlyList<EngineEvent>? Read(long place, out Task more)
    {
        lock (_sync)
        {
            more = _published.Next;
            if (place < _first)
            {
                return null;
            }

            EngineEvent[] events = new EngineEvent[Math.Min(_next - place, Batch)];
            for (int index = 0; index < events.Length; index++)
            {
                events[index] = _ring[(place + index) % Capacity]!;
            }

            return events;
        }
    }

    private void MakeRoom(long size)
    {
        _size += size;
        while (_first < _next && (_next - _first == Capacity || _size > MaxSize))
        {
            ref EngineEvent? oldest = ref _ring[_first++ % Capacity];
            _size -= SizeOf(oldest!);
            oldest = null;
        }
    }

    private static long SizeOf(EngineEvent published) =>
        published.Action.Length + published.Attributes.Sum(attribute => (long)attribute.Key.Length + attribute.Value.Length + AttributeOverhead);
}
