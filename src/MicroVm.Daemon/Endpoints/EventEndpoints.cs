using System.Text.Json;
using MicroVm.Api;
using MicroVm.Engine.Events;

namespace MicroVm.Daemon.Endpoints;

/// <summary><c>GET /events</c>: JSON lines until the client leaves or the time that it gave has come.</summary>
internal sealed class EventEndpoints(EventBus events)
{
    // The longest that a timer takes; nobody waits that long.
    private static readonly TimeSpan s_longest = TimeSpan.FromDays(40);

    public void Map(IEndpointRouteBuilder routes) => routes.MapGet("/events", (RequestDelegate)StreamAsync);

    private async Task StreamAsync(HttpContext context)
    {
        EventFilter filter = new(Filters.Of(context, EventFilter.Keys), Environment.MachineName);
        DateTimeOffset now = DateTimeOffset.UtcNow;
        DateTimeOffset? since = Time(context, "since", now);
        DateTimeOffset? until = Time(context, "until", now);
        EventReader reader = events.Subscribe(past: since is not null || until is not null);
        context.Response.ContentType = MediaTypes.Json;
        await context.Response.StartAsync(context.RequestAborted);
        await context.Response.Body.FlushAsync(context.RequestAborted);
        using var timer = new CancellationTokenSource();
        Task end = EndAsync(until - now, timer.Token);
        try
        {
            await CopyAsync(context, reader, end, until, told => told.Time >= since.GetValueOrDefault() && filter.Includes(told));
        }
        catch (EventsLostException)
        {
            // A clean end would say that there is nothing more.
            context.Abort();
        }
        finally
        {
            await timer.CancelAsync();
        }
    }

    private static async Task CopyAsync(
        HttpContext context, EventReader reader, Task end, DateTimeOffset? until, Func<EngineEvent, bool> isWanted)
    {
        while (await reader.ReadAsync(end, context.RequestAborted) is { Count: > 0 } batch)
        {
            foreach (EngineEvent told in batch.TakeWhile(told => !(told.Time > until)).Where(isWanted))
            {
                byte[] line = [.. JsonSerializer.SerializeToUtf8Bytes(EventDocuments.Of(told), ApiJsonContext.Api.EventMessage), (byte)'\n'];
                await context.Response.Body.WriteAsync(line, context.RequestAborted);
            }

            await context.Response.Body.FlushAsync(context.RequestAborted);
            if (batch[^1].Time > until)
            {
                return;
            }
        }
    }

    /// <summary>Zero is a time here: the beginning.</summary>
    private static DateTimeOffset? Time(HttpContext context, string name, DateTimeOffset now) =>
        context.Query(name) is { Length: > 0 } text ? Timestamps.Parse(name, text, now) ?? DateTimeOffset.UnixEpoch : null;

    private static Task EndAsync(TimeSpan? after, CancellationToken cancellationToken) => after switch
    {
        null => Task.Delay(Timeout.InfiniteTimeSpan, cancellationToken),
        { Ticks: <= 0 } => Task.CompletedTask,
        { } time => Task.Delay(time < s_longest ? time : s_longest, cancellationToken),
    };
}
