using MicroVm.Cli.Http;
using MicroVm.Cli.Output;

namespace MicroVm.Cli.Images;

/// <summary>The stream of JSON lines that pull and load answer with.</summary>
internal static class ProgressStream
{
    private const int MaximumLine = 1 << 20;

    /// <exception cref="CliException">The stream reports a failure.</exception>
    internal static void Show(EngineResponse answer, TextOutput? output)
    {
        var display = output is null ? null : new ProgressDisplay(output);
        foreach (ReadOnlyMemory<byte> line in Lines(answer))
        {
            ProgressEvent progress = ProgressEvent.Parse(line);
            if (progress.Error is { } error)
            {
                display?.Finish();
                throw new CliException(error);
            }

            display?.Show(progress);
        }

        display?.Finish();
    }

    private static IEnumerable<ReadOnlyMemory<byte>> Lines(EngineResponse answer)
    {
        byte[] buffer = new byte[16 << 10];
        int filled = 0;
        int count;
        while ((count = answer.Read(buffer.AsSpan(filled))) > 0)
        {
            filled += count;
            int start = 0;
            int length;
            while ((length = buffer.AsSpan(start, filled - start).IndexOf((byte)'\n')) >= 0)
            {
                if (!buffer.AsSpan(start, length).Trim(" \r\t"u8).IsEmpty)
                {
                    yield return buffer.AsMemory(start, length);
                }

                start += length + 1;
            }

            buffer.AsSpan(start, filled - start).CopyTo(buffer);
            filled -= start;
            if (filled == buffer.Length)
            {
                Array.Resize(ref buffer, filled < MaximumLine ? filled * 2 : throw new ProtocolException("progress line too long"));
            }
        }

        if (!buffer.AsSpan(0, filled).Trim(" \r\t"u8).IsEmpty)
        {
            yield return buffer.AsMemory(0, filled);
        }
    }
}
