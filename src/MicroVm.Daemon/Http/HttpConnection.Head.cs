using System.Buffers;
using System.IO.Pipelines;

namespace MicroVm.Daemon.Http;

internal sealed partial class HttpConnection
{
    /// <summary>The next request's head; null when the client ends the connection or the time between requests is over.</summary>
    private async Task<RequestHead?> ReadHeadAsync()
    {
        var scanner = new RequestHeadScanner(Limits);
        bool begun = false;
        _idle.CancelAfter(Limits.IdleTimeout);
        try
        {
            while (true)
            {
                ReadResult result = await Input.ReadAsync(_idle.Token).ConfigureAwait(false);
                if (TryTakeHead(result.Buffer, ref scanner, out RequestHead? head))
                {
                    return head;
                }

                if (result.IsCompleted)
                {
                    return result.Buffer.IsEmpty ? null : throw new MalformedRequestException("unexpected end of the request head");
                }

                if (!begun)
                {
                    begun = true;
                    _idle.CancelAfter(Limits.HeadTimeout);
                }
            }
        }
        catch (OperationCanceledException) when (begun && !IsStopping && !Aborted.IsCancellationRequested)
        {
            throw new MalformedRequestException("request head timed out", StatusCodes.Status408RequestTimeout);
        }
        catch (OperationCanceledException)
        {
            return null;
        }
        finally
        {
            _idle.CancelAfter(Timeout.InfiniteTimeSpan);
        }
    }

    private bool TryTakeHead(in ReadOnlySequence<byte> buffer, ref RequestHeadScanner scanner, out RequestHead? head)
    {
        head = null;
        if (!scanner.TryFindEnd(buffer, out long length))
        {
            Input.AdvanceTo(buffer.Start, buffer.End);
            return false;
        }

        byte[] copy = ArrayPool<byte>.Shared.Rent((int)length);
        try
        {
            buffer.Slice(0, length).CopyTo(copy);
            Input.AdvanceTo(buffer.GetPosition(length));
            head = RequestHeadParser.Parse(copy.AsSpan(0, (int)length), Limits);
            return true;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(copy);
        }
    }
}
