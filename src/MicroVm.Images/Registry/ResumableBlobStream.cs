using System.Diagnostics;
using System.Net;
using Microsoft.Extensions.Logging;
using MicroVm.Images.Files;

namespace MicroVm.Images.Registry;

/// <summary>
/// A blob's bytes from the registry. A connection that breaks or stalls is replaced by one that goes on at the offset;
/// how often is bounded, by itself and by what came since.
/// </summary>
/// <param name="position">First byte wanted.</param>
internal sealed partial class ResumableBlobStream(RegistrySession session, Descriptor blob, long position, ILogger logger) : ReadOnlyStream
{
    // An attempt that brought this much counts as success: the next failure starts a new series.
    private const long EnoughProgress = 1 << 20;
    private const int MaxConnections = 100;
    private const int WindowSize = 16 << 10;
    private const int MaxForeignUrls = 4;

    private readonly RetryDelays _retry = new(session.Options);
    private HttpResponseMessage? _response;
    private Stream? _body;
    private long _position = position;
    private long _seriesStart = position;
    private int _attempt = 1;
    private int _connections;
    private long _windowBytes;
    private TimeSpan _windowTime;

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        while (!buffer.IsEmpty && _position < blob.Size)
        {
            try
            {
                _body ??= await OpenAsync(cancellationToken);
                int wanted = (int)Math.Min(buffer.Length, blob.Size - _position);
                int count = await ReadBodyAsync(buffer[..wanted], cancellationToken);
                _position += count;
                return count;
            }
            catch (RegistryFailure e) when (e.Status is null || e.IsTransient)
            {
                await PrepareRetryAsync(e, cancellationToken);
            }
        }

        return 0;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            CloseBody();
        }

        base.Dispose(disposing);
    }

    private async Task PrepareRetryAsync(RegistryFailure failure, CancellationToken cancellationToken)
    {
        CloseBody();
        if (_position - _seriesStart >= EnoughProgress)
        {
            _attempt = 1;
        }

        _seriesStart = _position;
        if (_attempt >= session.Options.MaxDownloadAttempts || ++_connections >= MaxConnections)
        {
            throw failure;
        }

        LogRetry(logger, blob.Digest, _position, blob.Size, failure.Message);
        await _retry.WaitAsync(_attempt++, failure.RetryAfter, cancellationToken);
    }

    // The time for a window of bytes is bounded, not that for one read: a server that drips must not hold us for days.
    // Only time spent waiting for it counts, not that in which the layer is stored.
    private async Task<int> ReadBodyAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        Uri address = _response!.RequestMessage!.RequestUri!;
        using CancellationTokenSource deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        TimeSpan left = session.Options.StallTimeout - _windowTime;
        deadline.CancelAfter(left > TimeSpan.Zero ? left : TimeSpan.Zero);
        long start = Stopwatch.GetTimestamp();
        try
        {
            int count = await _body!.ReadAsync(buffer, deadline.Token);
            CountWindow(count, Stopwatch.GetElapsedTime(start));
            return count > 0 ? count : throw RegistryFailure.BrokenOff(address, new EndOfStreamException());
        }
        catch (Exception e) when (e is IOException or HttpRequestException)
        {
            throw RegistryFailure.BrokenOff(address, e);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw RegistryFailure.Stalled(address);
        }
    }

    private void CountWindow(int count, TimeSpan elapsed)
    {
        _windowBytes += count;
        _windowTime += elapsed;
        if (_windowBytes >= WindowSize)
        {
            (_windowBytes, _windowTime) = (0, TimeSpan.Zero);
        }
    }

    private async Task<Stream> OpenAsync(CancellationToken cancellationToken)
    {
        _response = await RequestAsync(cancellationToken);
        long start = StartOf(_response);
        Stream body = await _response.Content.ReadAsStreamAsync(cancellationToken);
        _body = body;
        await SkipAsync(_position - start, cancellationToken);
        return body;
    }

    private async Task<HttpResponseMessage> RequestAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await session.GetAsync($"blobs/{blob.Digest}", [], _position, cancellationToken);
        }
        catch (RegistryFailure e) when (e.Status == HttpStatusCode.NotFound && blob.Urls.Count > 0)
        {
            return await RequestForeignAsync(e, cancellationToken);
        }
    }

    private async Task<HttpResponseMessage> RequestForeignAsync(RegistryFailure failure, CancellationToken cancellationToken)
    {
        foreach (string url in blob.Urls.Take(MaxForeignUrls))
        {
            try
            {
                if (Uri.TryCreate(url, UriKind.Absolute, out Uri? address))
                {
                    return await session.GetForeignAsync(address, _position, cancellationToken);
                }
            }
            catch (RegistryFailure e)
            {
                failure = e;
            }
        }

        throw failure;
    }

    // Where the body begins, and that it ends where the descriptor says.
    private long StartOf(HttpResponseMessage response)
    {
        long start = response.StatusCode == HttpStatusCode.PartialContent ? response.Content.Headers.ContentRange?.From ?? -1 : 0;
        long? length = response.Content.Headers.ContentLength;
        if (start < 0 || start > _position)
        {
            throw RegistryFailure.Refused(HttpStatusCode.RequestedRangeNotSatisfiable, "", $"registry {session.Endpoint.Authority} answers another range than was asked for");
        }

        return length is null || length == blob.Size - start
            ? start
            : throw new ImageException(
                ImageErrorKind.Corrupt, $"layer {blob.Digest} has another size than its manifest says: {length + start} bytes, not {blob.Size}");
    }

    // A server without ranges begins again at the start.
    private async Task SkipAsync(long count, CancellationToken cancellationToken)
    {
        byte[] scrap = count > 0 ? new byte[64 << 10] : [];
        while (count > 0)
        {
            count -= await ReadBodyAsync(scrap.AsMemory(0, (int)Math.Min(scrap.Length, count)), cancellationToken);
        }
    }

    private void CloseBody()
    {
        _body?.Dispose();
        _response?.Dispose();
        (_body, _response) = (null, null);
        (_windowBytes, _windowTime) = (0, TimeSpan.Zero);
    }

    [LoggerMessage(11, LogLevel.Information, "Download of {Digest} broke off at {Position} of {Size} bytes ({Reason}); going on.")]
    private static partial void LogRetry(ILogger logger, Digest digest, long position, long size, string reason);
}
