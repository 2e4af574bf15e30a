using System.Buffers;
using MicroVm.Api.Streams;
using MicroVm.Daemon.Http;
using MicroVm.Engine.Containers;

namespace MicroVm.Daemon.Endpoints;

/// <summary>
/// Moves bytes between an attached client and a container until the container's output ends or the client is gone.
/// The client's half-close ends stdin alone.
/// </summary>
internal sealed class AttachSession(IAttachment attachment, HijackedStream client, bool stdin)
{
    private const int InputBuffer = 32 * 1024;

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Task input = stdin ? CopyInputAsync(ended.Token) : Task.CompletedTask;
        try
        {
            await CopyOutputAsync(cancellationToken);
        }
        finally
        {
            await ended.CancelAsync();
            await input.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>Text of the daemon's own, as output.</summary>
    public static ValueTask TellAsync(HijackedStream client, bool terminal, ReadOnlyMemory<byte> text, CancellationToken cancellationToken) =>
        terminal
            ? client.WriteAsync(text, cancellationToken)
            : WriteFrameAsync(client, new byte[StreamFrame.HeaderLength], new(OutputStream.Stdout, text), cancellationToken);

    private static ValueTask WriteFrameAsync(HijackedStream client, byte[] header, OutputChunk chunk, CancellationToken cancellationToken)
    {
        StreamFrame.WriteHeader(header, (byte)chunk.Stream, chunk.Bytes.Length);
        return client.WriteAsync(header, chunk.Bytes, cancellationToken);
    }

    private async Task CopyOutputAsync(CancellationToken cancellationToken)
    {
        byte[] header = new byte[StreamFrame.HeaderLength];
        while (await attachment.ReadAsync(cancellationToken) is { } chunk)
        {
            await (attachment.Terminal
                ? client.WriteAsync(chunk.Bytes, cancellationToken)
                : WriteFrameAsync(client, header, chunk, cancellationToken));
        }
    }

    /// <summary>A container that takes no more input is no reason to stop its output.</summary>
    private async Task CopyInputAsync(CancellationToken cancellationToken)
    {
        byte[] buffer = ArrayPool<byte>.Shared.Rent(InputBuffer);
        try
        {
            for (int count = await client.ReadAsync(buffer, cancellationToken); count > 0;
                count = await client.ReadAsync(buffer, cancellationToken))
            {
                await attachment.WriteStdinAsync(buffer.AsMemory(0, count), cancellationToken);
            }

            await attachment.EndStdinAsync(cancellationToken);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
