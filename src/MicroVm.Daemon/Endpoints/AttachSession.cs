using System.Buffers;
using MicroVm.Api.Streams;
using MicroVm.Daemon.Http;
using MicroVm.Engine.Containers;

namespace MicroVm.Daemon.Endpoints;

/// <summary>
/// Moves bytes between an attached client and a container until the container's output ends or the client is gone.
/// The client's half-close ends stdin alone.
/// </summary>
/// <param name="detachKeys">What ends the session when it is typed into a terminal, as the API writes it.</param>
internal sealed class AttachSession(IAttachment attachment, HijackedStream client, bool stdin, byte[] detachKeys)
{
    private const int InputBuffer = 32 * 1024;

    /// <summary>Throws 400 for a key that is unknown.</summary>
    public static byte[] ParseKeys(string text) => DetachKeys.TryParse(text, out byte[] keys, out string? wrong)
        ? keys
        : throw ApiException.BadRequest($"invalid detach keys: unknown key '{wrong}'");

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using var detached = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Task input = stdin ? CopyInputAsync(detached, ended.Token) : Task.CompletedTask;
        try
        {
            await CopyOutputAsync(detached.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            // The detach keys were typed.
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
    private async Task CopyInputAsync(CancellationTokenSource detached, CancellationToken cancellationToken)
    {
        EscapeScanner? scanner = attachment.Terminal ? new(detachKeys) : null;
        byte[] typed = scanner is null ? [] : new byte[scanner.MaximumOutput(InputBuffer)];
        byte[] buffer = ArrayPool<byte>.Shared.Rent(InputBuffer);
        try
        {
            while (await client.ReadAsync(buffer.AsMemory(0, InputBuffer), cancellationToken) is > 0 and var count)
            {
                ReadOnlyMemory<byte> input = buffer.AsMemory(0, count);
                bool isDetach = false;
                if (scanner is not null)
                {
                    isDetach = scanner.Scan(input.Span, typed, out int length);
                    input = typed.AsMemory(0, length);
                }

                await attachment.WriteStdinAsync(input, cancellationToken);
                if (isDetach)
                {
                    await detached.CancelAsync();
                    return;
                }
            }

            await attachment.EndStdinAsync(cancellationToken);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
