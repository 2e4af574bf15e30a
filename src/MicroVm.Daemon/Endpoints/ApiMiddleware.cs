using MicroVm.Api;

namespace MicroVm.Daemon.Endpoints;

/// <summary>What is the same for every request: version prefix, standard headers, errors as Docker writes them.</summary>
internal sealed partial class ApiMiddleware(RequestDelegate next, ILogger<ApiMiddleware> logger)
{
    public async Task InvokeAsync(HttpContext context)
    {
        SetHeaders(context.Response.Headers);
        try
        {
            RequestVersion.TakeFromPath(context);
            await next(context);
            await AnswerUnknownAsync(context);
        }
        catch (Exception e) when (context.RequestAborted.IsCancellationRequested && e is OperationCanceledException or IOException)
        {
            // Nobody is there to be told.
            context.Abort();
        }
        catch (Exception e) when (!context.Response.HasStarted)
        {
            Log(context, e);
            await WriteErrorAsync(context, ApiErrors.StatusOf(e), ApiErrors.MessageOf(e));
        }
    }

    private static void SetHeaders(IHeaderDictionary headers)
    {
        headers.Server = ProductInfo.ServerHeader;
        headers["Api-Version"] = ApiVersions.Current;
        headers["Ostype"] = "linux";
        headers["Docker-Experimental"] = "false";
    }

    /// <summary>No route, or no such method on it: one answer for both, as Docker has it.</summary>
    private static Task AnswerUnknownAsync(HttpContext context)
    {
        bool unanswered = !context.Response.HasStarted && context.Response.ContentLength is null;
        return unanswered && context.Response.StatusCode is StatusCodes.Status404NotFound or StatusCodes.Status405MethodNotAllowed
            ? WriteErrorAsync(context, StatusCodes.Status404NotFound, "page not found")
            : Task.CompletedTask;
    }

    private static Task WriteErrorAsync(HttpContext context, int status, string message)
    {
        context.Response.Headers.Remove("Allow");
        if (status == StatusCodes.Status304NotModified)
        {
            context.Response.StatusCode = status;
            return Task.CompletedTask;
        }

        return context.WriteJsonAsync(new ErrorResponse(message), ApiJsonContext.Api.ErrorResponse, status);
    }

    private void Log(HttpContext context, Exception failure)
    {
        if (ApiErrors.IsUnexpected(failure))
        {
            LogUnexpected(failure, context.Request.Method, context.Request.Path);
        }
        else if (ApiErrors.StatusOf(failure) >= StatusCodes.Status500InternalServerError)
        {
            LogFailed(context.Request.Method, context.Request.Path, ApiErrors.MessageOf(failure));
        }
        else
        {
            LogRefused(context.Request.Method, context.Request.Path, ApiErrors.MessageOf(failure));
        }
    }

    [LoggerMessage(1, LogLevel.Error, "{Method} {Path} failed")]
    private partial void LogUnexpected(Exception failure, string method, PathString path);

    [LoggerMessage(2, LogLevel.Warning, "{Method} {Path} failed: {Reason}")]
    private partial void LogFailed(string method, PathString path, string reason);

    [LoggerMessage(3, LogLevel.Debug, "{Method} {Path} refused: {Reason}")]
    private partial void LogRefused(string method, PathString path, string reason);
}
