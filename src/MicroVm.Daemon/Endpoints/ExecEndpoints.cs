using System.Text;
using MicroVm.Api;
using MicroVm.Api.Execs;
using MicroVm.Daemon.Http;
using MicroVm.Engine;
using MicroVm.Engine.Containers;
using MicroVm.Engine.Execs;

namespace MicroVm.Daemon.Endpoints;

/// <summary><c>/containers/{id}/exec</c> and <c>/exec/…</c>: processes beside a container's own.</summary>
internal sealed class ExecEndpoints(IExecService execs)
{
    public void Map(IEndpointRouteBuilder routes)
    {
        routes.MapPost("/containers/{id}/exec", (RequestDelegate)CreateAsync);
        routes.MapPost("/exec/{id}/start", (RequestDelegate)StartAsync);
        routes.MapPost("/exec/{id}/resize", (RequestDelegate)ResizeAsync);
        routes.MapGet("/exec/{id}/json", (RequestDelegate)InspectAsync);
    }

    private static string Id(HttpContext context) => context.RouteText("id");

    private async Task CreateAsync(HttpContext context)
    {
        ExecCreateRequest request = await context.ReadJsonAsync(ApiJsonContext.Api.ExecCreateRequest)
            ?? throw ApiException.BadRequest("exec config cannot be empty");
        _ = AttachSession.ParseKeys(request.DetachKeys ?? "");
        ExecSnapshot exec = execs.Create(Id(context), ExecDocuments.Spec(request));
        await context.WriteJsonAsync(
            new ExecCreateResponse(exec.Id), ApiJsonContext.Api.ExecCreateResponse, StatusCodes.Status201Created);
    }

    /// <summary>Goes on when the client leaves: what it started is to run.</summary>
    private async Task StartAsync(HttpContext context)
    {
        ExecStartRequest request = await context.ReadJsonAsync(ApiJsonContext.Api.ExecStartRequest) ?? new();
        (int Rows, int Columns) size = Size(request.ConsoleSize);
        if (request.Detach)
        {
            await execs.StartAsync(Id(context), size, CancellationToken.None);
            context.Response.StatusCode = StatusCodes.Status200OK;
            return;
        }

        ExecSpec spec = execs.Inspect(Id(context)).Spec;
        await using IAttachment attachment = execs.Attach(Id(context));
        HijackedStream stream = await context.HijackAsync(attachment.Terminal);
        Task<string?> failure = TryStartAsync(Id(context), size);
        await new AttachSession(attachment, stream, spec.AttachStdin, AttachSession.ParseKeys(spec.DetachKeys)).RunAsync(context.RequestAborted);
        if (await failure is { } text)
        {
            await AttachSession.TellAsync(stream, attachment.Terminal, Encoding.UTF8.GetBytes(text + "\r\n"), context.RequestAborted);
        }
    }

    /// <summary>The answer has begun: why the process does not run is told in its stead, as Docker does.</summary>
    private async Task<string?> TryStartAsync(string exec, (int Rows, int Columns) size)
    {
        try
        {
            await execs.StartAsync(exec, size, CancellationToken.None);
            return null;
        }
        catch (EngineException e)
        {
            return e.Message;
        }
    }

    private async Task ResizeAsync(HttpContext context)
    {
        await execs.ResizeAsync(
            Id(context), context.QueryDimension("h"), context.QueryDimension("w"), context.RequestAborted);
        context.Response.StatusCode = StatusCodes.Status200OK;
    }

    private Task InspectAsync(HttpContext context) =>
        context.WriteJsonAsync(ExecDocuments.Inspect(execs.Inspect(Id(context))), ApiJsonContext.Api.ExecInspect);

    private static (int Rows, int Columns) Size(IReadOnlyList<int>? size) => size switch
    {
        null or [] => default,
        [>= 0 and <= ushort.MaxValue and var rows, >= 0 and <= ushort.MaxValue and var columns] => (rows, columns),
        _ => throw ApiException.BadRequest("invalid ConsoleSize: it must be two numbers from 0 to 65535"),
    };
}
