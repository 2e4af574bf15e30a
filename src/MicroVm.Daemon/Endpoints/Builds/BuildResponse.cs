using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using MicroVm.Api;
using MicroVm.Api.Images;
using MicroVm.Engine.Builds;
using MicroVm.Images;
using MicroVm.Images.Store;

namespace MicroVm.Daemon.Endpoints.Builds;

/// <summary>
/// What a build tells, as JSON lines. Each is written before the build goes on, so that a slow client slows its build and nothing piles
/// up. A build that fails before it has told anything is an ordinary error response.
/// </summary>
/// <param name="quiet">Nothing but the image's id.</param>
internal sealed class BuildResponse(HttpContext context, bool quiet) : IBuildOutput
{
    private const int MaxUnheard = 1 << 20;

    private readonly Queue<string> _unheard = [];
    private int _unheardLength;

    public static async Task RunAsync(HttpContext context, bool quiet, Func<IBuildOutput, Task<Digest>> build)
    {
        var response = new BuildResponse(context, quiet);
        context.Response.ContentType = MediaTypes.Json;
        try
        {
            Digest image = await build(response);
            if (quiet)
            {
                await response.WriteLineAsync(new() { Stream = $"{image}\n" }, ApiJsonContext.Api.ProgressMessage, context.RequestAborted);
            }
        }
        catch (Exception e) when (response.HasTold && !context.RequestAborted.IsCancellationRequested)
        {
            await response.WriteUnheardAsync();
            string message = ApiErrors.MessageOf(e);
            var detail = new ProgressError((e as BuildStepException)?.ExitCode ?? 0, message);
            await response.WriteLineAsync(new() { Error = message, ErrorDetail = detail }, ApiJsonContext.Api.ProgressMessage, context.RequestAborted);
        }
    }

    /// <summary>From then on a failure is one more line.</summary>
    private bool HasTold => context.Response.HasStarted || _unheard.Count > 0;

    public ValueTask WriteAsync(string text, CancellationToken cancellationToken) => quiet
        ? KeepAsync(text)
        : WriteLineAsync(new() { Stream = text }, ApiJsonContext.Api.ProgressMessage, cancellationToken);

    public ValueTask WriteResultAsync(Digest image, CancellationToken cancellationToken) =>
        WriteLineAsync(new(new(image.ToString())), ApiJsonContext.Api.BuildResultMessage, cancellationToken);

    public Task<T> TransferAsync<T>(Func<IProgress<TransferProgress>, Task<T>> transfer) =>
        quiet ? transfer(new Unheard()) : ProgressResponse.ForwardAsync(context, transfer);

    /// <summary>Of a quiet build the last lines are kept: when it fails they are all that tells why.</summary>
    private ValueTask KeepAsync(string text)
    {
        _unheard.Enqueue(text);
        _unheardLength += text.Length;
        while (_unheardLength > MaxUnheard)
        {
            _unheardLength -= _unheard.Dequeue().Length;
        }

        return ValueTask.CompletedTask;
    }

    private async Task WriteUnheardAsync()
    {
        while (_unheard.TryDequeue(out string? text))
        {
            await WriteLineAsync(new() { Stream = text }, ApiJsonContext.Api.ProgressMessage, context.RequestAborted);
        }
    }

    private async ValueTask WriteLineAsync<T>(T message, JsonTypeInfo<T> type, CancellationToken cancellationToken)
    {
        byte[] line = [.. JsonSerializer.SerializeToUtf8Bytes(message, type), (byte)'\r', (byte)'\n'];
        await context.Response.Body.WriteAsync(line, cancellationToken);
        await context.Response.Body.FlushAsync(cancellationToken);
    }

    private sealed class Unheard : IProgress<TransferProgress>
    {
        public void Report(TransferProgress value)
        {
        }
    }
}
