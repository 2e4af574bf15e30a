using MicroVm.Api;
using MicroVm.Api.Info;
using MicroVm.Api.Networks;
using MicroVm.Engine.Networks;

namespace MicroVm.Daemon.Endpoints;

/// <summary><c>/networks</c>.</summary>
internal sealed class NetworkEndpoints(INetworkService networks)
{
    private static readonly string[] s_listKeys = ["dangling", "driver", "id", "label", "name", "scope", "type"];

    public void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/networks", (RequestDelegate)ListAsync);
        routes.MapGet("/networks/{id}", (RequestDelegate)InspectAsync);
        routes.MapPost("/networks/create", (RequestDelegate)CreateAsync);
        routes.MapPost("/networks/prune", (RequestDelegate)PruneAsync);
        routes.MapPost("/networks/{id}/connect", (RequestDelegate)ConnectAsync);
        routes.MapPost("/networks/{id}/disconnect", (RequestDelegate)DisconnectAsync);
        routes.MapDelete("/networks/{id}", (RequestDelegate)RemoveAsync);
    }

    private Task ListAsync(HttpContext context)
    {
        Filters filters = Filters.Of(context, s_listKeys);
        IReadOnlyList<NetworkResource> found = [.. networks.List().Where(network => Matches(network, filters)).Select(network => NetworkDocuments.Of(network, withMembers: false))];
        return context.WriteJsonAsync(found, ApiJsonContext.Api.IReadOnlyListNetworkResource);
    }

    private Task InspectAsync(HttpContext context) => context.WriteJsonAsync(
        NetworkDocuments.Of(networks.Inspect(context.RouteText("id")), withMembers: true), ApiJsonContext.Api.NetworkResource);

    private async Task CreateAsync(HttpContext context)
    {
        NetworkCreateRequest request = await context.ReadJsonAsync(ApiJsonContext.Api.NetworkCreateRequest) ?? throw ApiException.BadRequest("no network specified");
        NetworkCreated created = await networks.CreateAsync(NetworkRequests.Network(request), context.RequestAborted);
        await context.WriteJsonAsync(new NetworkCreateResponse(created.Id, created.Warning), ApiJsonContext.Api.NetworkCreateResponse, StatusCodes.Status201Created);
    }

    private async Task PruneAsync(HttpContext context)
    {
        Filters filters = Filters.Of(context, "label", "label!", "until");
        IReadOnlyList<string> removed = await networks.PruneAsync(
            network => filters.MatchesLabels(network.Labels)
                && filters.Of("until").All(text => Timestamps.Parse("until", text, DateTimeOffset.UtcNow) is not { } until || network.Created < until),
            context.RequestAborted);
        await context.WriteJsonAsync(new NetworkPruneResponse(removed), ApiJsonContext.Api.NetworkPruneResponse);
    }

    private async Task ConnectAsync(HttpContext context)
    {
        NetworkConnectRequest request = await context.ReadJsonAsync(ApiJsonContext.Api.NetworkConnectRequest) ?? new();
        NetworkRequests.Check(request.EndpointConfig);
        await networks.ConnectAsync(
            context.RouteText("id"), Named(request.Container), NetworkRequests.Attachment(request.EndpointConfig), context.RequestAborted);
    }

    private async Task DisconnectAsync(HttpContext context)
    {
        NetworkDisconnectRequest request = await context.ReadJsonAsync(ApiJsonContext.Api.NetworkDisconnectRequest) ?? new();
        await networks.DisconnectAsync(context.RouteText("id"), Named(request.Container), request.Force, context.RequestAborted);
    }

    private async Task RemoveAsync(HttpContext context)
    {
        await networks.RemoveAsync(context.RouteText("id"), context.RequestAborted);
        context.NoContent();
    }

    private static string Named(string? container) =>
        string.IsNullOrEmpty(container) ? throw ApiException.BadRequest("no container specified") : container;

    private static bool Matches(NetworkSnapshot snapshot, Filters filters)
    {
        NetworkRecord network = snapshot.Network;
        return filters.Matches("name", network.Name)
            && filters.Any("id", value => network.Id.StartsWith(value, StringComparison.Ordinal))
            && filters.Any("driver", value => value == network.Driver)
            && filters.Any("scope", value => value == "local")
            && filters.Any("type", value => value == (network.IsPredefined ? "builtin" : "custom"))
            && filters.MatchesLabels(network.Labels)
            && (!filters.Has("dangling") || filters.Flag("dangling", otherwise: false) == (!network.IsPredefined && snapshot.Members.Count == 0));
    }
}
