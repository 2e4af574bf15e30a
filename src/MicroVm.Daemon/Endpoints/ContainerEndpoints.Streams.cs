using System.Globalization;
using MicroVm.Api;
using MicroVm.Api.Containers;
using MicroVm.Daemon.Http;
using MicroVm.Engine.Containers;

namespace MicroVm.Daemon.Endpoints;

/// <summary>Attach, wait and logs: responses that last as long as the container.</summary>
internal sealed partial class ContainerEndpoints
{
    private async Task AttachAsync(HttpContext context)
    {
        var options = new AttachOptions(
            context.QueryFlag("stream"), context.QueryFlag("stdin"), context.QueryFlag("stdout"),
            context.QueryFlag("stderr"), context.QueryFlag("logs"));
        byte[] keys = AttachSession.ParseKeys(context.Query("detachKeys"));
        await using IAttachment attachment = await containers.AttachAsync(Id(context), options, context.RequestAborted);
        HijackedStream stream = await context.HijackAsync(attachment.Terminal);
        await new AttachSession(attachment, stream, options.Stdin, keys).RunAsync(context.RequestAborted);
    }

    /// <summary>Headers first: the client starts the container only when it has them, knowing then that the wait stands.</summary>
    private async Task WaitAsync(HttpContext context)
    {
        WaitCondition condition = context.Query("condition") switch
        {
            "" or "not-running" => WaitCondition.NotRunning,
            "next-exit" => WaitCondition.NextExit,
            "removed" => WaitCondition.Removed,
            var other => throw ApiException.BadRequest($"invalid condition: \"{other}\""),
        };
        ContainerWait wait = containers.Wait(Id(context), condition);
        context.Response.ContentType = MediaTypes.Json;
        await context.Response.StartAsync(context.RequestAborted);
        ContainerExit exit = await wait.Result.WaitAsync(context.RequestAborted);
        byte[] body = System.Text.Json.JsonSerializer.SerializeToUtf8Bytes(
            new ContainerWaitResponse
            {
                StatusCode = exit.StatusCode,
                Error = exit.Error is null ? null : new(exit.Error),
            },
            ApiJsonContext.Api.ContainerWaitResponse);
        await context.Response.Body.WriteAsync(body, context.RequestAborted);
        await context.Response.Body.WriteAsync("\n"u8.ToArray(), context.RequestAborted);
    }

    private async Task LogsAsync(HttpContext context)
    {
        LogOptions options = ReadLogOptions(context);
        ContainerSnapshot container = containers.Inspect(Id(context));
        if (container.Spec.LogDriver == "none")
        {
            throw ApiException.Unsupported("configured logging driver does not support reading");
        }

        context.Response.ContentType = HijackResponse.StreamType(context, container.Spec.Terminal);
        IAsyncEnumerable<LogEntry> entries = containers.LogsAsync(container.Id, options, context.RequestAborted);
        var writer = new LogWriter(context.Response.Body, framed: !container.Spec.Terminal, context.QueryFlag("timestamps"), context.QueryFlag("details"));
        await writer.CopyAsync(entries, context.RequestAborted);
    }

    private static LogOptions ReadLogOptions(HttpContext context)
    {
        bool stdout = context.QueryFlag("stdout");
        bool stderr = context.QueryFlag("stderr");
        if (!stdout && !stderr)
        {
            throw ApiException.BadRequest("Bad parameters: you must choose at least one stream");
        }

        // "all", a negative number and nonsense all mean everything, as in Docker.
        bool limited = int.TryParse(context.Query("tail"), NumberStyles.None, CultureInfo.InvariantCulture, out int tail);
        DateTimeOffset now = DateTimeOffset.UtcNow;
        return new(
            stdout, stderr, context.QueryFlag("follow"), limited ? tail : null,
            Timestamps.Parse("since", context.Query("since"), now), Timestamps.Parse("until", context.Query("until"), now));
    }

    private async Task KernelLogAsync(HttpContext context)
    {
        IAsyncEnumerable<ReadOnlyMemory<byte>> log =
            containers.KernelLogAsync(Id(context), context.QueryFlag("follow"), context.RequestAborted);
        context.Response.ContentType = "text/plain; charset=utf-8";
        await context.Response.StartAsync(context.RequestAborted);
        await foreach (ReadOnlyMemory<byte> piece in log)
        {
            await context.Response.Body.WriteAsync(piece, context.RequestAborted);
            await context.Response.Body.FlushAsync(context.RequestAborted);
        }
    }
}
