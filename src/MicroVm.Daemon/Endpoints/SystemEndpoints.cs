using MicroVm.Api;
using MicroVm.Api.Images;
using MicroVm.Daemon.Hosting;
using MicroVm.Engine.Containers;
using MicroVm.Hypervisor;
using MicroVm.Hypervisor.Host;
using MicroVm.Images.Store;

namespace MicroVm.Daemon.Endpoints;

/// <summary><c>/_ping</c>, <c>/version</c>, <c>/info</c>, <c>/auth</c>.</summary>
internal sealed class SystemEndpoints(
    IContainerService containers, IImageStore images, IHypervisor hypervisor, DaemonOptions options)
{
    // Once: hosts change rarely, and clients ask often.
    private readonly Lazy<IReadOnlyList<HostFinding>> _host = new(() => HostReport.Run(options));

    public void Map(IEndpointRouteBuilder routes)
    {
        routes.MapMethods("/_ping", ["GET", "HEAD"], (RequestDelegate)PingAsync);
        routes.MapGet("/version", (RequestDelegate)VersionAsync);
        routes.MapGet("/info", (RequestDelegate)InfoAsync);
        routes.MapPost("/auth", (RequestDelegate)AuthAsync);
    }

    private static Task PingAsync(HttpContext context)
    {
        context.Response.Headers.CacheControl = "no-cache, no-store, must-revalidate";
        context.Response.Headers.Pragma = "no-cache";
        context.Response.Headers["Swarm"] = "inactive";
        // The classic builder: clients without BuildKit's plugin then ask for no other.
        context.Response.Headers["Builder-Version"] = "1";
        context.Response.ContentType = "text/plain; charset=utf-8";
        context.Response.ContentLength = 2;
        return context.Response.Body.WriteAsync("OK"u8.ToArray()).AsTask();
    }

    private Task VersionAsync(HttpContext context) => context.WriteJsonAsync(
        SystemDocuments.Version(hypervisor.Info), ApiJsonContext.Api.VersionResponse);

    private Task InfoAsync(HttpContext context) => context.WriteJsonAsync(
        SystemDocuments.Info(containers.List(), images.List().Count, hypervisor.Info, options, _host.Value), ApiJsonContext.Api.SystemInfo);

    /// <summary>Credentials are the client's to keep and the registry's to judge.</summary>
    private async Task AuthAsync(HttpContext context)
    {
        AuthConfig auth = await context.ReadJsonAsync(ApiJsonContext.Api.AuthConfig)
            ?? throw ApiException.BadRequest("credentials missing");
        RegistryCredentials credentials = ImageEndpoints.Credentials(auth) ?? throw ApiException.BadRequest("username missing");
        await images.LoginAsync(auth.ServerAddress ?? "", credentials, context.RequestAborted);
        await context.WriteJsonAsync(new("Login Succeeded", ""), ApiJsonContext.Api.AuthResponse);
    }
}
