namespace MicroVm.Cli.Http;

/// <summary>An answer that is a stream of JSON documents, one a line.</summary>
internal static class JsonLines
{
    // A container's event carries its labels, which a create request of 4 MiB may hold.
    private const int MaximumLine = 16 << 20;

    /// <summary>Line by line, as they come; each is valid until the next is asked for.</summary>
    internal static IEnumerable<ReadOnlyMemory<byte>> Read(EngineResponse answer)
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
                Array.Resize(ref buffer, filled < MaximumLine ? filled * 2 : throw new ProtocolException("line too long"));
            }
        }

        if (!buffer.AsSpan(0, filled).Trim(" \r\t"u8).IsEmpty)
        {
            yield return buffer.AsMemory(0, filled);
        }
    }
}
