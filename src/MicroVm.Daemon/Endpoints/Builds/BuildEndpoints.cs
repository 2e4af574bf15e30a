using Microsoft.AspNetCore.Http.Features;
using MicroVm.Api;
using MicroVm.Api.Images;
using MicroVm.Api.Info;
using MicroVm.Engine.Builds;
using MicroVm.Images.Store;

namespace MicroVm.Daemon.Endpoints.Builds;

/// <summary><c>/build</c>: the classic builder, whose end is its request's end.</summary>
internal sealed class BuildEndpoints(IBuildService builds, IImageStore images, ImagePruner pruner)
{
    public void Map(IEndpointRouteBuilder routes)
    {
        routes.MapPost("/build", (RequestDelegate)BuildAsync);
        routes.MapPost("/build/prune", (RequestDelegate)PruneAsync);
        routes.MapPost("/build/cancel", (RequestDelegate)(_ =>
            throw ApiException.Unsupported("builds have no ids here: a build is cancelled by closing its connection")));
    }

    private Task BuildAsync(HttpContext context)
    {
        BuildRequest request = BuildRequests.From(context);
        context.Features.GetRequiredFeature<IHttpMaxRequestBodySizeFeature>().MaxRequestBodySize = null;
        return BuildResponse.RunAsync(
            context, context.QueryFlag("q"), output => builds.BuildAsync(request, output, context.RequestAborted));
    }

    /// <summary>What builds made, no name means and no container uses; with <c>all</c>, all steps of builds that have a name, too.</summary>
    private Task PruneAsync(HttpContext context)
    {
        Filters filters = Filters.Of(context, "until", "label", "label!", "unused-for", "id", "parent", "type", "description", "inuse", "shared", "private", "unused");
        bool all = context.QueryFlag("all");
        if (all)
        {
            images.ForgetBuilds();
        }

        ImagePruneResponse pruned = pruner.Prune(
            image => image.RepoTags.Count == 0 && (image.IsBuilt || all) && !image.HasChildren
                && filters.MatchesLabels(image.Config.Labels) && ImageFilter.IsBefore(filters, image));
        string[] deleted = [.. (pruned.ImagesDeleted ?? []).Select(item => item.Deleted).OfType<string>()];
        return context.WriteJsonAsync(new BuildPruneResponse(deleted, pruned.SpaceReclaimed), ApiJsonContext.Api.BuildPruneResponse);
    }
}
