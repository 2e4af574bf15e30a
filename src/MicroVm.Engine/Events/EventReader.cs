namespace MicroVm.Engine.Events;

/// <summary>One reader's place among the events.</summary>
public sealed class EventReader
{
    private readonly EventBus _bus;
    private long _place;

    internal EventReader(EventBus bus, long place)
    {
        _bus = bus;
        _place = place;
    }

    /// <summary>The next events, one or more; empty when <paramref name="until"/> completed before there were any.</summary>
    /// <exception cref="EventsLostException">The reader was so slow that events it has not read are gone.</exception>
    public async Task<IReadOnlyList<EngineEvent>> ReadAsync(Task until, CancellationToken cancellationToken)
    {
        while (true)
        {
            IReadOnlyList<EngineEvent> events = _bus.Read(_place, out Task more) ?? throw new EventsLostException();
            _place += events.Count;
            if (events.Count > 0 || until.IsCompleted)
            {
                return events;
            }

            await Task.WhenAny(more, until).WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }
}

/// <summary>A reader of events fell too far behind.</summary>
public sealed class EventsLostException : IOException
{
    public EventsLostException()
        : base("events were lost: they came faster than they were read")
    {
    }

    public EventsLostException(string message)
        : base(message)
    {
    }

    public EventsLostException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
