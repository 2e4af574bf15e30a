using MicroVm.Api;
using MicroVm.Api.Containers;
using MicroVm.Engine;
using MicroVm.Engine.Containers;
using MicroVm.Engine.Execs;
using MicroVm.Images.Store;

namespace MicroVm.Daemon.Endpoints;

/// <summary><c>/containers/…</c>: what answers at once. Streams are in the other parts.</summary>
internal sealed partial class ContainerEndpoints(
    IContainerService containers, IExecService execs, IImageStore images, ILogger<ContainerEndpoints> logger)
{
    public void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/containers/json", (RequestDelegate)ListAsync);
        routes.MapPost("/containers/create", (RequestDelegate)CreateAsync);
        routes.MapPost("/containers/prune", (RequestDelegate)PruneAsync);
        routes.MapGet("/containers/{id}/json", (RequestDelegate)InspectAsync);
        routes.MapPost("/containers/{id}/start", (RequestDelegate)StartAsync);
        routes.MapPost("/containers/{id}/stop", (RequestDelegate)StopAsync);
        routes.MapPost("/containers/{id}/restart", (RequestDelegate)RestartAsync);
        routes.MapPost("/containers/{id}/pause", (RequestDelegate)PauseAsync);
        routes.MapPost("/containers/{id}/unpause", (RequestDelegate)UnpauseAsync);
        routes.MapPost("/containers/{id}/kill", (RequestDelegate)KillAsync);
        routes.MapPost("/containers/{id}/resize", (RequestDelegate)ResizeAsync);
        routes.MapPost("/containers/{id}/update", (RequestDelegate)UpdateAsync);
        routes.MapPost("/containers/{id}/rename", (RequestDelegate)RenameAsync);
        routes.MapDelete("/containers/{id}", (RequestDelegate)RemoveAsync);
        routes.MapPost("/containers/{id}/attach", (RequestDelegate)AttachAsync);
        routes.MapPost("/containers/{id}/wait", (RequestDelegate)WaitAsync);
        routes.MapGet("/containers/{id}/stats", (RequestDelegate)StatsAsync);
        routes.MapGet("/containers/{id}/top", (RequestDelegate)TopAsync);
        routes.MapGet("/containers/{id}/logs", (RequestDelegate)LogsAsync);
        routes.MapGet(MvmRoutes.KernelLog, (RequestDelegate)KernelLogAsync);
        routes.MapGet(MvmRoutes.Timings, (RequestDelegate)TimingsAsync);
    }

    private static string Id(HttpContext context) => context.RouteText("id");

    private async Task CreateAsync(HttpContext context)
    {
        ContainerCreateRequest request = await context.ReadJsonAsync(ApiJsonContext.Api.ContainerCreateRequest)
            ?? throw ApiException.BadRequest("config cannot be empty in order to create a container");
        Platforms.Check(context.Query("platform"));
        IReadOnlyList<string> warnings = CreateSupport.Check(request);
        string name = context.Query("name");
        CreatedContainer created = await containers.CreateAsync(
            ContainerSpecs.From(request), name.Length == 0 ? null : name, context.RequestAborted);
        await context.WriteJsonAsync(
            new ContainerCreateResponse(created.Id, [.. warnings, .. created.Warnings]),
            ApiJsonContext.Api.ContainerCreateResponse,
            StatusCodes.Status201Created);
    }

    private Task ListAsync(HttpContext context)
    {
        Filters filters = Filters.Of(context, ContainerFilter.Keys);
        var filter = new ContainerFilter(filters, containers, images);
        IReadOnlyList<ContainerSnapshot> chosen =
            filter.Apply(containers.List(), context.QueryFlag("all"), context.QueryInt("limit") ?? 0);
        var documents = new ContainerSummaries(images, DateTimeOffset.UtcNow)
        {
            Sizes = context.QueryFlag("size") ? new ContainerSizes(containers, images) : null,
        };
        return context.WriteJsonAsync([.. chosen.Select(documents.Of)], ApiJsonContext.Api.IReadOnlyListContainerSummary);
    }

    private Task InspectAsync(HttpContext context)
    {
        ContainerSnapshot container = containers.Inspect(Id(context));
        IReadOnlyList<string> running = execs.RunningIn(container.Id);
        (long Writable, long All)? size = context.QueryFlag("size") ? new ContainerSizes(containers, images).Of(container) : null;
        return context.WriteJsonAsync(
            ContainerDocuments.Inspect(container) with
            {
                ExecIDs = running.Count > 0 ? running : null,
                SizeRw = size?.Writable,
                SizeRootFs = size?.All,
            },
            ApiJsonContext.Api.ContainerInspect);
    }

    /// <summary>Goes on when the client leaves: what it started is to run.</summary>
    private async Task StartAsync(HttpContext context)
    {
        string id = containers.Inspect(Id(context)).Id;
        await containers.StartAsync(id, CancellationToken.None);
        context.NoContent();
        if (TryInspect(id) is { } container)
        {
            context.Response.Headers[MvmRoutes.TimingHeader] = ServerTiming.Format(container.Timings);
        }
    }

    private async Task StopAsync(HttpContext context)
    {
        await containers.StopAsync(Id(context), context.QueryInt("t"), Signal(context), CancellationToken.None);
        context.NoContent();
    }

    private async Task RestartAsync(HttpContext context)
    {
        await containers.RestartAsync(Id(context), context.QueryInt("t"), Signal(context), CancellationToken.None);
        context.NoContent();
    }

    private async Task PauseAsync(HttpContext context)
    {
        await containers.PauseAsync(Id(context), CancellationToken.None);
        context.NoContent();
    }

    private async Task UnpauseAsync(HttpContext context)
    {
        await containers.UnpauseAsync(Id(context), CancellationToken.None);
        context.NoContent();
    }

    private async Task KillAsync(HttpContext context)
    {
        await containers.KillAsync(Id(context), Signal(context), context.RequestAborted);
        context.NoContent();
    }

    private async Task ResizeAsync(HttpContext context)
    {
        await containers.ResizeAsync(Id(context), context.QueryDimension("h"), context.QueryDimension("w"), context.RequestAborted);
        context.Response.StatusCode = StatusCodes.Status200OK;
    }

    private async Task UpdateAsync(HttpContext context)
    {
        HostConfig changes = await context.ReadJsonAsync(ApiJsonContext.Api.HostConfig) ?? new();
        IReadOnlyList<string> warnings = await containers.UpdateAsync(Id(context), ContainerSpecs.Update(changes), context.RequestAborted);
        await context.WriteJsonAsync(
            new ContainerUpdateResponse([.. CreateSupport.Warnings(changes), .. warnings]), ApiJsonContext.Api.ContainerUpdateResponse);
    }

    private async Task RenameAsync(HttpContext context)
    {
        string name = context.Query("name").TrimStart('/');
        if (name.Length == 0)
        {
            throw ApiException.BadRequest("Neither old nor new names may be empty");
        }

        await containers.RenameAsync(Id(context), name, context.RequestAborted);
        context.NoContent();
    }

    private async Task RemoveAsync(HttpContext context)
    {
        if (context.QueryFlag("link"))
        {
            throw ApiException.Unsupported("links between containers are not supported");
        }

        await containers.RemoveAsync(Id(context), context.QueryFlag("force"), context.QueryFlag("v"), CancellationToken.None);
        context.NoContent();
    }

    private async Task PruneAsync(HttpContext context)
    {
        Filters filters = Filters.Of(context, "label", "label!", "until");
        var deleted = new List<string>();
        long space = 0;
        foreach (ContainerSnapshot container in containers.List().Where(c => ContainerFilter.IsPrunable(c, filters)))
        {
            try
            {
                long used = containers.DiskUsage(container.Id);
                await containers.RemoveAsync(container.Id, force: false, removeVolumes: false, context.RequestAborted);
                space += used;
                deleted.Add(container.Id);
            }
            catch (EngineException e)
            {
                // Started or removed by another since the list was made.
                LogNotPruned(container.Id, e.Message);
            }
        }

        await context.WriteJsonAsync(new PruneResponse(deleted, space), ApiJsonContext.Api.PruneResponse);
    }

    private Task TimingsAsync(HttpContext context) => context.WriteJsonAsync(
        new StartTimings(containers.Inspect(Id(context)).Timings), ApiJsonContext.Api.StartTimings);

    private ContainerSnapshot? TryInspect(string id)
    {
        try
        {
            return containers.Inspect(id);
        }
        catch (EngineException)
        {
            // Ran, ended and removed itself already.
            return null;
        }
    }

    private static string? Signal(HttpContext context) => context.Query("signal") is { Length: > 0 } signal ? signal : null;

    [LoggerMessage(1, LogLevel.Debug, "container {Id} is not pruned: {Reason}")]
    private partial void LogNotPruned(string id, string reason);
}
