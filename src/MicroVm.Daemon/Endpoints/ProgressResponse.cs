using System.Text.Json;
using MicroVm.Api;
using MicroVm.Api.Images;
using MicroVm.Images.Store;

namespace MicroVm.Daemon.Endpoints;

/// <summary>
/// A response of JSON lines that tell how far a transfer is. The first line only announces: it waits for the second, so
/// that a transfer which fails at once is an ordinary error response; later the failure is a line with <c>error</c>. For
/// a slow reader counts are merged, so that what waits is bounded by the number of layers.
/// </summary>
internal sealed class ProgressResponse : IProgress<TransferProgress>
{
    private readonly Lock _lock = new();
    private readonly List<ProgressMessage> _pending = [];
    private bool _announced;
    private TaskCompletionSource _added = NewSignal();

    private ProgressResponse()
    {
    }

    public static async Task RunAsync(HttpContext context, Func<ProgressResponse, Task> transfer)
    {
        var progress = new ProgressResponse();
        context.Response.ContentType = MediaTypes.Json;
        Task work = transfer(progress);
        try
        {
            await progress.WriteUntilAsync(work, context);
        }
        finally
        {
            // A client that is gone has aborted the request, which ends the work.
            await work.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        if (context.Response.HasStarted && work.Exception?.InnerException is { } failure)
        {
            string message = ApiErrors.MessageOf(failure);
            await WriteLinesAsync(context, [new() { Error = message, ErrorDetail = new(0, message) }]);
            return;
        }

        await work;
    }

    /// <summary>Within a response of other lines: writes those of one transfer, and nothing else meanwhile.</summary>
    public static async Task<T> ForwardAsync<T>(HttpContext context, Func<IProgress<TransferProgress>, Task<T>> transfer)
    {
        var progress = new ProgressResponse();
        Task<T> work = transfer(progress);
        try
        {
            await progress.WriteUntilAsync(work, context);
        }
        finally
        {
            await ((Task)work).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        return await work;
    }

    public void Report(TransferProgress value) => Add(new ProgressMessage
    {
        Id = value.Id,
        Status = value.Status,
        ProgressDetail = value.Id is null ? null : new() { Current = value.Current, Total = value.Total },
    });

    public void Add(ProgressMessage message)
    {
        lock (_lock)
        {
            int same = message.Id is null ? -1 : _pending.FindIndex(m => m.Id == message.Id && m.Status == message.Status);
            if (same >= 0)
            {
                _pending[same] = message;
            }
            else
            {
                _pending.Add(message);
            }

            if (_announced)
            {
                _added.TrySetResult();
            }

            _announced = true;
        }
    }

    private async Task WriteUntilAsync(Task work, HttpContext context)
    {
        bool ended;
        do
        {
            await Task.WhenAny(work, Added());
            ended = work.IsCompleted;
            List<ProgressMessage> lines = Take();
            bool nothingToTell = work.IsFaulted && !context.Response.HasStarted && lines.Count < 2;
            if (lines.Count > 0 && !nothingToTell)
            {
                await WriteLinesAsync(context, lines);
            }
        }
        while (!ended);
    }

    private Task Added()
    {
        lock (_lock)
        {
            return _added.Task;
        }
    }

    private List<ProgressMessage> Take()
    {
        lock (_lock)
        {
            List<ProgressMessage> lines = [.. _pending];
            _pending.Clear();
            _added = NewSignal();
            return lines;
        }
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private static async Task WriteLinesAsync(HttpContext context, List<ProgressMessage> lines)
    {
        using var text = new MemoryStream();
        foreach (ProgressMessage line in lines)
        {
            JsonSerializer.Serialize(text, line, ApiJsonContext.Api.ProgressMessage);
            text.Write("\r\n"u8);
        }

        await context.Response.Body.WriteAsync(text.GetBuffer().AsMemory(0, (int)text.Length), context.RequestAborted);
        await context.Response.Body.FlushAsync(context.RequestAborted);
    }
}
