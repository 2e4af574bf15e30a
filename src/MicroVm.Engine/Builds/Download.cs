using System.Net;

namespace MicroVm.Engine.Builds;

/// <summary>A file fetched by http(s) for a build.</summary>
/// <param name="File">Where it is.</param>
/// <param name="Name">Last component of its address; empty: none.</param>
/// <param name="Modified">As the server says; null: it does not.</param>
internal sealed record Download(string File, string Name, long Size, DateTimeOffset? Modified)
{
    private const long MaxSize = 16L << 30;
    private const int MaxRedirects = 10;
    private static readonly TimeSpan s_answerTimeout = TimeSpan.FromSeconds(60);

    private static readonly HttpClient s_http = new(new SocketsHttpHandler
    {
        MaxAutomaticRedirections = MaxRedirects,
        ConnectTimeout = TimeSpan.FromSeconds(30),
        UseCookies = false,
        AutomaticDecompression = DecompressionMethods.None,
    })
    { Timeout = Timeout.InfiniteTimeSpan };

    /// <exception cref="EngineException">Invalid: it can't be had, or it is larger than 16 GiB.</exception>
    public static async Task<Download> FetchAsync(string address, string file, CancellationToken cancellationToken)
    {
        if (!Uri.TryCreate(address, UriKind.Absolute, out Uri? uri))
        {
            throw Failed(address, "it is no address");
        }

        try
        {
            using CancellationTokenSource timeout = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            timeout.CancelAfter(s_answerTimeout);
            using HttpResponseMessage answer = await s_http.GetAsync(uri, HttpCompletionOption.ResponseHeadersRead, timeout.Token).ConfigureAwait(false);
            if (!answer.IsSuccessStatusCode)
            {
                throw Failed(address, $"the server answered {(int)answer.StatusCode} {answer.ReasonPhrase}");
            }

            long size = await SaveAsync(answer, file, timeout, address).ConfigureAwait(false);
            string name = Uri.UnescapeDataString(uri.AbsolutePath);
            return new(file, name[(name.LastIndexOf('/') + 1)..], size, answer.Content.Headers.LastModified);
        }
        catch (Exception e) when (e is HttpRequestException or IOException || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            throw Failed(address, e is OperationCanceledException ? "the server does not answer" : e.Message);
        }
    }

    /// <summary>The server may take as long as it likes in all, but not be silent for long.</summary>
    private static async Task<long> SaveAsync(HttpResponseMessage answer, string file, CancellationTokenSource timeout, string address)
    {
        byte[] buffer = new byte[256 << 10];
        long size = 0;
        await using Stream content = await answer.Content.ReadAsStreamAsync(timeout.Token).ConfigureAwait(false);
        await using FileStream target = new(file, FileMode.CreateNew, FileAccess.Write, FileShare.Read, bufferSize: 0);
        for (int count; (count = await content.ReadAsync(buffer, timeout.Token).ConfigureAwait(false)) > 0;)
        {
            timeout.CancelAfter(s_answerTimeout);
            size += count;
            if (size > MaxSize)
            {
                throw Failed(address, $"it is larger than {MaxSize >> 30} GiB");
            }

            await target.WriteAsync(buffer.AsMemory(0, count), timeout.Token).ConfigureAwait(false);
        }

        return size;
    }

    private static EngineException Failed(string address, string why) =>
        new(EngineErrorKind.Invalid, $"failed to get {OneLine.Of(address, 200)}: {OneLine.Of(why, 200)}");
}
