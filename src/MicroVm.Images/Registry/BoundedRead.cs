namespace MicroVm.Images.Registry;

/// <summary>Whole response bodies into memory, within a bound.</summary>
internal static class BoundedRead
{
    /// <exception cref="ImageException">Invalid: the body is longer than <paramref name="limit"/>.</exception>
    /// <exception cref="RegistryFailure">It did not arrive whole within <paramref name="timeout"/>.</exception>
    public static async Task<byte[]> AllAsync(HttpResponseMessage response, int limit, TimeSpan timeout, CancellationToken cancellationToken)
    {
        if (response.Content.Headers.ContentLength > limit)
        {
            throw TooLong(limit);
        }

        Uri address = response.RequestMessage!.RequestUri!;
        using CancellationTokenSource deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(timeout);
        try
        {
            return await ReadAsync(response.Content, limit, deadline.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw RegistryFailure.Stalled(address);
        }
        catch (Exception e) when (e is IOException or HttpRequestException)
        {
            throw RegistryFailure.BrokenOff(address, e);
        }
    }

    private static async Task<byte[]> ReadAsync(HttpContent content, int limit, CancellationToken cancellationToken)
    {
        await using Stream body = await content.ReadAsStreamAsync(cancellationToken);
        using var buffer = new MemoryStream();
        byte[] chunk = new byte[16 << 10];
        int count;
        while ((count = await body.ReadAsync(chunk, cancellationToken)) > 0)
        {
            if (buffer.Length + count > limit)
            {
                throw TooLong(limit);
            }

            buffer.Write(chunk, 0, count);
        }

        return buffer.ToArray();
    }

    private static ImageException TooLong(int limit) =>
        new(ImageErrorKind.Invalid, $"the registry's answer is longer than {limit} bytes");
}
