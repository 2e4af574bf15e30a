namespace MicroVm.Daemon.Endpoints;

/// <summary>
/// What Docker has and this daemon has not, answered so that clients go on: an inspect that is asked of every kind of
/// object gets its 404, swarm's its 503, the rest a 501 that says what is missing.
/// </summary>
internal static class UnsupportedEndpoints
{
    private const string NotManager =
        "This node is not a swarm manager. Use \"docker swarm init\" or \"docker swarm join\" to connect this node to swarm and try again.";

    public static void Map(IEndpointRouteBuilder routes)
    {
        foreach (string area in new[] { "swarm", "services", "nodes", "tasks", "secrets", "configs" })
        {
            Refuse(routes, $"/{area}/{{**path}}", StatusCodes.Status503ServiceUnavailable, NotManager);
        }

        MapMissingObjects(routes);
        (string Route, string What)[] unsupported =
        [
            ("/plugins/{**path}", "plugins"),
            ("/grpc", "BuildKit"), ("/session", "BuildKit"),
            ("/system/{**path}", "system information"),
            ("/distribution/{**path}", "distribution"), ("/images/search", "searching images"),
            ("/containers/{id}/attach/ws", "attach by WebSocket"),
        ];
        foreach ((string route, string what) in unsupported)
        {
            Refuse(routes, route, StatusCodes.Status501NotImplemented, $"{what} is not supported by mvmd");
        }
    }

    private static void MapMissingObjects(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/plugins/{id}/json", (RequestDelegate)(context =>
            throw ApiException.NotFound($"plugin \"{context.RouteText("id")}\" not found")));
    }

    private static void Refuse(IEndpointRouteBuilder routes, string pattern, int status, string message) =>
        routes.Map(pattern, (RequestDelegate)(_ => throw new ApiException(status, message)));
}
