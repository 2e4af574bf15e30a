using MicroVm.Engine.Events;

namespace MicroVm.Engine.Tests.Events;

public sealed class EventBusTests
{
    private static readonly Dictionary<string, string> s_none = [];

    private readonly EventBus _bus = new();

    [Fact]
    public async Task EachReaderGetsWhatComesAfterItCameOrAllThatIsKept()
    {
        Publish("one");
        EventReader late = _bus.Subscribe();
        EventReader past = _bus.Subscribe(past: true);
        Task<string[]> waiting = ReadAsync(late);
        Assert.False(waiting.IsCompleted);
        Publish("two");
        Assert.Equal(["two"], await waiting);
        Assert.Equal(["one", "two"], await ReadAsync(past));
    }

    [Fact]
    public async Task ItEndsEmptyHanded()
    {
        EventReader reader = _bus.Subscribe();
        Publish("one");
        Assert.Equal(["one"], await ReadAsync(reader, Task.CompletedTask));
        Assert.Empty(await ReadAsync(reader, Task.CompletedTask));
    }

    [Fact]
    public async Task AReaderThatFallsTooFarBehindEnds()
    {
        EventReader slow = _bus.Subscribe();
        EventReader quick = _bus.Subscribe();
        for (int index = 0; index <= EventBus.Capacity; index++)
        {
            Publish("many");
            Assert.Single(await ReadAsync(quick));
        }

        await Assert.ThrowsAsync<EventsLostException>(() => ReadAsync(slow));
        Assert.Equal(EventBus.Capacity, await CountAsync(_bus.Subscribe(past: true)));
    }

    [Fact]
    public async Task LongLabelsPushOldEventsOut()
    {
        Dictionary<string, string> large = new() { ["label"] = new('x', (int)EventBus.MaxSize / 4) };
        for (int index = 0; index < 10; index++)
        {
            _bus.Publish(EventTypes.Container, "create", "id", large);
        }

        Assert.Equal(3, await CountAsync(_bus.Subscribe(past: true)));
        _bus.Publish(EventTypes.Container, "create", "id", new Dictionary<string, string> { ["label"] = new('x', (int)EventBus.MaxSize * 2) });
        Assert.Equal(1, await CountAsync(_bus.Subscribe(past: true)));
        Publish("small");
        Assert.Equal(1, await CountAsync(_bus.Subscribe(past: true)));
    }

    [Fact]
    public async Task TimesNeverGoBack()
    {
        BackwardsClock clock = new();
        EventBus bus = new(clock);
        bus.Publish(EventTypes.Image, "pull", "id", s_none);
        bus.Publish(EventTypes.Image, "delete", "id", s_none);
        IReadOnlyList<EngineEvent> events = await bus.Subscribe(past: true).ReadAsync(Task.CompletedTask, CancellationToken.None);
        Assert.Equal(events[0].Time, events[1].Time);
    }

    private void Publish(string action) => _bus.Publish(EventTypes.Container, action, "id", s_none);

    private static async Task<string[]> ReadAsync(EventReader reader, Task? until = null)
    {
        IReadOnlyList<EngineEvent> events = await reader.ReadAsync(until ?? new TaskCompletionSource().Task, CancellationToken.None);
        return [.. events.Select(told => told.Action)];
    }

    private static async Task<int> CountAsync(EventReader reader)
    {
        int count = 0;
        for (int read = -1; read != 0; count += read)
        {
            read = (await ReadAsync(reader, Task.CompletedTask)).Length;
        }

        return count;
    }

    private sealed class BackwardsClock : TimeProvider
    {
        private DateTimeOffset _now = DateTimeOffset.UtcNow;

        public override DateTimeOffset GetUtcNow() => _now -= TimeSpan.FromSeconds(1);
    }
}
