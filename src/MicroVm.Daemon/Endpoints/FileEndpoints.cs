using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.Http.Features;
using MicroVm.Api;
using MicroVm.Api.Containers;
using MicroVm.Engine.Containers;
using MicroVm.Engine.Files;
using MicroVm.Images.References;
using MicroVm.Images.Store;

namespace MicroVm.Daemon.Endpoints;

/// <summary>A container's files from outside: <c>archive</c>, <c>changes</c>, <c>export</c>, and <c>/commit</c>.</summary>
internal sealed class FileEndpoints(IContainerFiles files, IContainerService containers)
{
    public void Map(IEndpointRouteBuilder routes)
    {
        routes.MapMethods("/containers/{id}/archive", [HttpMethods.Head], (RequestDelegate)StatAsync);
        routes.MapGet("/containers/{id}/archive", (RequestDelegate)ReadAsync);
        routes.MapPut("/containers/{id}/archive", (RequestDelegate)WriteAsync);
        routes.MapGet("/containers/{id}/changes", (RequestDelegate)ChangesAsync);
        routes.MapGet("/containers/{id}/export", (RequestDelegate)ExportAsync);
        routes.MapPost("/commit", (RequestDelegate)CommitAsync);
    }

    private async Task StatAsync(HttpContext context) =>
        SetStat(context, await files.StatAsync(context.RouteText("id"), PathOf(context), context.RequestAborted));

    private async Task ReadAsync(HttpContext context)
    {
        FileArchive archive = await files.ReadAsync(context.RouteText("id"), PathOf(context), context.RequestAborted);
        await using Stream content = archive.Content;
        SetStat(context, archive.Stat);
        await CopyAsync(context, content);
    }

    private async Task WriteAsync(HttpContext context)
    {
        var options = new WriteOptions(context.QueryFlag("noOverwriteDirNonDir"), context.QueryFlag("copyUIDGID"));
        context.Features.GetRequiredFeature<IHttpMaxRequestBodySizeFeature>().MaxRequestBodySize = null;
        await files.WriteAsync(context.RouteText("id"), PathOf(context), context.Request.Body, options, context.RequestAborted);
    }

    private async Task ExportAsync(HttpContext context)
    {
        await using Stream content = await files.ExportAsync(context.RouteText("id"), context.RequestAborted);
        await CopyAsync(context, content);
    }

    private async Task ChangesAsync(HttpContext context)
    {
        IAsyncEnumerable<FileChange> changes = await files.ChangesAsync(context.RouteText("id"), context.RequestAborted);
        context.Response.ContentType = MediaTypes.Json;
        ReadOnlyMemory<byte> separator = "["u8.ToArray();
        await foreach (FileChange change in changes.WithCancellation(context.RequestAborted))
        {
            byte[] item = JsonSerializer.SerializeToUtf8Bytes(new(change.Path, (int)change.Kind), ApiJsonContext.Api.FilesystemChange);
            await context.Response.Body.WriteAsync(separator, context.RequestAborted);
            await context.Response.Body.WriteAsync(item, context.RequestAborted);
            separator = ","u8.ToArray();
        }

        await context.Response.Body.WriteAsync(separator.Span[0] == '[' ? "[]\n"u8.ToArray() : "]\n"u8.ToArray(), context.RequestAborted);
    }

    private async Task CommitAsync(HttpContext context)
    {
        // Resolved first: an unknown container is the error that counts.
        string id = containers.Inspect(context.Query("container")).Id;
        var options = new CommitOptions
        {
            Name = NameOf(context),
            Author = context.Query("author"),
            Comment = context.Query("comment"),
            Overrides = CommitDocuments.Overrides(await context.ReadJsonAsync(ApiJsonContext.Api.ContainerConfig)),
            Changes = [.. context.Request.Query["changes"].SelectMany(change => (change ?? "").Split('\n')).Where(change => change.Trim().Length > 0)],
            Pause = context.Query("pause").Length == 0 || context.QueryFlag("pause"),
        };
        StoredImage image = await files.CommitAsync(id, options, context.RequestAborted);
        await context.WriteJsonAsync(new(image.Id.ToString()), ApiJsonContext.Api.CommitResponse, StatusCodes.Status201Created);
    }

    private static ImageReference? NameOf(HttpContext context)
    {
        string name = context.Query("repo");
        string tag = context.Query("tag");
        return name.Length == 0 ? null : ImageEndpoints.ParseReference(name, tag);
    }

    private static async Task CopyAsync(HttpContext context, Stream content)
    {
        context.Response.ContentType = MediaTypes.Tar;
        await context.Response.StartAsync(context.RequestAborted);
        await content.CopyToAsync(context.Response.Body, context.RequestAborted);
    }

    private static string PathOf(HttpContext context) => context.Query("path") is { Length: > 0 } path
        ? path
        : throw ApiException.BadRequest("bad parameter: 'path' cannot be empty");

    private static void SetStat(HttpContext context, FileStat stat)
    {
        var document = new ContainerPathStat(
            stat.Name, stat.Size, GoFileMode.FromLinux(stat.Mode), TimeOf(stat.Modified), stat.LinkTarget);
        byte[] json = JsonSerializer.SerializeToUtf8Bytes(document, ApiJsonContext.Api.ContainerPathStat);
        context.Response.Headers[ContainerPathStat.Header] = Convert.ToBase64String(json);
        context.Response.ContentType = MediaTypes.Tar;
    }

    /// <summary>RFC 3339, within the years that it can say.</summary>
    private static string TimeOf(FileTime time)
    {
        long seconds = Math.Clamp(time.Seconds, DateTimeOffset.MinValue.ToUnixTimeSeconds(), DateTimeOffset.MaxValue.ToUnixTimeSeconds());
        string whole = DateTimeOffset.FromUnixTimeSeconds(seconds).UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss", CultureInfo.InvariantCulture);
        string fraction = time.Nanoseconds == 0 ? "" : "." + time.Nanoseconds.ToString("D9", CultureInfo.InvariantCulture).TrimEnd('0');
        return whole + fraction + "Z";
    }
}
