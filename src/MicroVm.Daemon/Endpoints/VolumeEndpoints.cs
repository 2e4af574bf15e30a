using MicroVm.Api;
using MicroVm.Api.Info;
using MicroVm.Api.Volumes;
using MicroVm.Engine;
using MicroVm.Engine.Volumes;

namespace MicroVm.Daemon.Endpoints;

/// <summary><c>/volumes…</c>.</summary>
internal sealed class VolumeEndpoints(IVolumeService volumes)
{
    public void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/volumes", (RequestDelegate)ListAsync);
        routes.MapPost("/volumes/create", (RequestDelegate)CreateAsync);
        routes.MapPost("/volumes/prune", (RequestDelegate)PruneAsync);
        routes.MapGet("/volumes/{name}", (RequestDelegate)InspectAsync);
        routes.MapDelete("/volumes/{name}", (RequestDelegate)RemoveAsync);
    }

    private Task ListAsync(HttpContext context)
    {
        Filters filters = Filters.Of(context, "dangling", "driver", "label", "label!", "name");
        bool? isDangling = filters.Has("dangling") ? filters.Flag("dangling", otherwise: false) : null;
        IEnumerable<Volume> chosen = volumes.List()
            .Where(volume => isDangling is null || isDangling == (volumes.UsersOf(volume.Name).Count == 0))
            .Where(volume => filters.Any("driver", driver => driver == Volume.LocalDriver))
            .Where(volume => filters.Matches("name", volume.Name))
            .Where(volume => filters.MatchesLabels(volume.Labels));
        return context.WriteJsonAsync(
            new VolumeListResponse([.. chosen.Select(VolumeDocuments.Of)], null), ApiJsonContext.Api.VolumeListResponse);
    }

    private async Task CreateAsync(HttpContext context)
    {
        VolumeCreateRequest request = await context.ReadJsonAsync(ApiJsonContext.Api.VolumeCreateRequest) ?? new();
        Volume volume = volumes.Create(new(
            request.Name ?? "", request.Driver ?? "", ContainerSpecs.Labels(request.DriverOpts), ContainerSpecs.Labels(request.Labels)));
        await context.WriteJsonAsync(VolumeDocuments.Of(volume), ApiJsonContext.Api.VolumeDocument, StatusCodes.Status201Created);
    }

    private Task InspectAsync(HttpContext context) =>
        context.WriteJsonAsync(VolumeDocuments.Of(volumes.Inspect(context.RouteText("name"))), ApiJsonContext.Api.VolumeDocument);

    private async Task RemoveAsync(HttpContext context)
    {
        await volumes.RemoveAsync(context.RouteText("name"), context.QueryFlag("force"), CancellationToken.None);
        context.NoContent();
    }

    /// <summary>Those that no container has: the anonymous ones, or with the filter all every one.</summary>
    private async Task PruneAsync(HttpContext context)
    {
        Filters filters = Filters.Of(context, "all", "label", "label!");
        bool all = filters.Flag("all", otherwise: false);
        List<string> deleted = [];
        long space = 0;
        foreach (Volume volume in volumes.List().Where(volume => (all || volume.IsAnonymous) && filters.MatchesLabels(volume.Labels)))
        {
            if (await TryRemoveAsync(volume) is { } size)
            {
                deleted.Add(volume.Name);
                space += size;
            }
        }

        await context.WriteJsonAsync(new VolumePruneResponse(deleted, space), ApiJsonContext.Api.VolumePruneResponse);
    }

    /// <summary>The bytes that it took; null: it is in use, or gone.</summary>
    private async Task<long?> TryRemoveAsync(Volume volume)
    {
        try
        {
            long size = volumes.UsersOf(volume.Name).Count == 0 ? await volumes.SizeAsync(volume.Name, CancellationToken.None) : 0;
            await volumes.RemoveAsync(volume.Name, force: false, CancellationToken.None);
            return size;
        }
        catch (EngineException e) when (e.Kind is EngineErrorKind.Conflict or EngineErrorKind.NotFound)
        {
            return null;
        }
    }
}
