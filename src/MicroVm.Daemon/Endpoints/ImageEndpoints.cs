using System.Globalization;
using MicroVm.Api;
using MicroVm.Api.Images;
using MicroVm.Engine.Events;
using MicroVm.Images.References;
using MicroVm.Images.Store;

namespace MicroVm.Daemon.Endpoints;

/// <summary><c>/images/…</c>. Image names hold slashes, so that the action is whatever comes last.</summary>
internal sealed partial class ImageEndpoints(IImageStore images, ImagePruner pruner, EventBus events)
{
    public void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/images/json", (RequestDelegate)ListAsync);
        routes.MapPost("/images/create", (RequestDelegate)CreateAsync);
        routes.MapPost("/images/load", (RequestDelegate)LoadAsync);
        routes.MapPost("/images/prune", (RequestDelegate)PruneAsync);
        routes.MapGet("/images/{**path}", (RequestDelegate)GetAsync);
        routes.MapPost("/images/{**path}", (RequestDelegate)PostAsync);
        routes.MapDelete("/images/{**path}", (RequestDelegate)DeleteAsync);
    }

    private Task GetAsync(HttpContext context)
    {
        (string name, string action) = Split(context);
        return action switch
        {
            "json" => context.WriteJsonAsync(ImageDocuments.Inspect(Find(name)), ApiJsonContext.Api.ImageInspect),
            "history" => context.WriteJsonAsync(ImageDocuments.History(Find(name), images.LayerSize, id => images.Find(id.ToString())), ApiJsonContext.Api.IReadOnlyListImageHistoryItem),
            "get" => SaveAsync(context, name),
            _ => throw ApiException.NotFound("page not found"),
        };
    }

    private async Task PostAsync(HttpContext context)
    {
        (string name, string action) = Split(context);
        switch (action)
        {
            case "tag":
                ImageReference target = ParseReference(context.Query("repo"), context.Query("tag"));
                await images.TagAsync(name, target, context.RequestAborted);
                events.Publish(Find(name), "tag", target.Familiar);
                context.Response.StatusCode = StatusCodes.Status201Created;
                break;
            case "push":
                await PushAsync(context, name);
                break;
            default:
                throw ApiException.NotFound("page not found");
        }
    }

    private Task DeleteAsync(HttpContext context)
    {
        IReadOnlyList<RemovedImage> removed = pruner.Remove(context.RouteText("path"), context.QueryFlag("force"));
        return context.WriteJsonAsync(ImageDocuments.Removed(removed), ApiJsonContext.Api.IReadOnlyListImageDeleteItem);
    }

    private Task ListAsync(HttpContext context)
    {
        Filters filters = Filters.Of(context, "reference", "dangling", "label", "before", "since", "until");
        IEnumerable<StoredImage> chosen = new ImageFilter(filters, Find).Apply(images.List(), context.QueryFlag("all"));
        IReadOnlyList<ImageSummary> list =
            [.. chosen.Select(ImageDocuments.Summary).OrderByDescending(image => image.Created).ThenBy(image => image.Id, StringComparer.Ordinal)];
        return context.WriteJsonAsync(list, ApiJsonContext.Api.IReadOnlyListImageSummary);
    }

    /// <summary>Unnamed images, or with <c>dangling=false</c> all that no container was made from.</summary>
    private Task PruneAsync(HttpContext context)
    {
        Filters filters = Filters.Of(context, "dangling", "label", "label!", "until");
        bool danglingOnly = filters.Flag("dangling", otherwise: true);
        ImagePruneResponse pruned = pruner.Prune(image =>
            !image.HasChildren && (!danglingOnly || image.RepoTags.Count == 0)
            && filters.MatchesLabels(image.Config.Labels) && ImageFilter.IsBefore(filters, image));
        return context.WriteJsonAsync(pruned, ApiJsonContext.Api.ImagePruneResponse);
    }

    private StoredImage Find(string name) =>
        images.Find(name) ?? throw ApiException.NotFound(
            "No such image: " + (ImageReference.TryParse(name, out ImageReference? reference) ? reference.Familiar : name));

    private static (string Name, string Action) Split(HttpContext context)
    {
        string path = context.RouteText("path") ?? "";
        int slash = path.LastIndexOf('/');
        return slash <= 0 ? ("", path) : (path[..slash], path[(slash + 1)..]);
    }

    internal static ImageReference ParseReference(string name, string tag)
    {
        string separator = tag.Contains(':', StringComparison.Ordinal) ? "@" : ":";
        string text = tag.Length == 0 ? name : string.Create(CultureInfo.InvariantCulture, $"{name}{separator}{tag}");
        return ImageReference.Parse(text);
    }
}
