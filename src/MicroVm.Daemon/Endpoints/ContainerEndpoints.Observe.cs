using System.Text.Json;
using MicroVm.Api;
using MicroVm.Api.Containers;
using MicroVm.Engine;
using MicroVm.Engine.Observation;

namespace MicroVm.Daemon.Endpoints;

/// <summary>Stats and top: what goes on inside.</summary>
internal sealed partial class ContainerEndpoints
{
    private static readonly TimeSpan s_statsPeriod = TimeSpan.FromSeconds(1);

    // Between the two measurements of a single answer: Docker's client gives it two seconds in all.
    private static readonly TimeSpan s_shortPeriod = TimeSpan.FromSeconds(0.5);

    private Task StatsAsync(HttpContext context)
    {
        string id = containers.Inspect(Id(context)).Id;
        bool streams = context.Query("stream").Length == 0 || context.QueryFlag("stream");
        if (streams && context.QueryFlag("one-shot"))
        {
            throw ApiException.BadRequest("cannot have stream=true and one-shot=true");
        }

        return streams ? StreamStatsAsync(context, id) : SingleStatsAsync(context, id);
    }

    /// <summary>One answer, with the share of the CPU unless it is to come at once.</summary>
    private async Task SingleStatsAsync(HttpContext context, string id)
    {
        ContainerStats? before = null;
        ContainerStats? stats = await containers.StatsAsync(id, context.RequestAborted);
        if (stats is not null && !context.QueryFlag("one-shot"))
        {
            await Task.Delay(s_shortPeriod, context.RequestAborted);
            (before, stats) = (stats, await containers.StatsAsync(id, context.RequestAborted));
        }

        await context.WriteJsonAsync(StatsDocuments.Of(containers.Inspect(id), stats, before), ApiJsonContext.Api.StatsResponse);
    }

    /// <summary>One a second until the container or the client has gone, though it may stop and start meanwhile.</summary>
    private async Task StreamStatsAsync(HttpContext context, string id)
    {
        context.Response.ContentType = MediaTypes.Json;
        await context.Response.StartAsync(context.RequestAborted);
        using var period = new PeriodicTimer(s_statsPeriod);
        ContainerStats? before = null;
        do
        {
            ContainerStats? stats = TryInspect(id) is { } container ? await TryStatsAsync(container.Id, context.RequestAborted) : null;
            if (TryInspect(id) is not { } alive)
            {
                return;
            }

            byte[] line = [.. JsonSerializer.SerializeToUtf8Bytes(StatsDocuments.Of(alive, stats, before), ApiJsonContext.Api.StatsResponse), (byte)'\n'];
            await context.Response.Body.WriteAsync(line, context.RequestAborted);
            await context.Response.Body.FlushAsync(context.RequestAborted);
            before = stats;
        }
        while (await period.WaitForNextTickAsync(context.RequestAborted));
    }

    private async Task<ContainerStats?> TryStatsAsync(string id, CancellationToken cancellationToken)
    {
        try
        {
            return await containers.StatsAsync(id, cancellationToken);
        }
        catch (EngineException)
        {
            // Removed since it was looked up.
            return null;
        }
    }

    private async Task TopAsync(HttpContext context)
    {
        ProcessColumns columns = ProcessColumns.Parse(context.Query("ps_args"));
        IReadOnlyList<ContainerProcess> processes = await containers.ProcessesAsync(Id(context), context.RequestAborted);
        await context.WriteJsonAsync(
            new TopResponse(columns.Titles, [.. processes.Select(process => columns.Row(process, DateTimeOffset.Now))]), ApiJsonContext.Api.TopResponse);
    }
}
