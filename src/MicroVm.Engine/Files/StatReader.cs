using System.Buffers;
using System.Globalization;
using System.Text;
using MicroVm.Engine.Guest;
using MicroVm.Hypervisor;

namespace MicroVm.Engine.Files;

/// <summary>The five texts that a tool begins with (protocol, ToolKind.Stat).</summary>
internal static class StatReader
{
    private const int Texts = 5;
    private const int MaxSize = 8192;

    /// <summary>Null when the tool has ended before: it tells why.</summary>
    /// <param name="name">What the file is called.</param>
    public static async Task<FileStat?> ReadAsync(GuestTool tool, string name, CancellationToken cancellationToken)
    {
        var bytes = new ArrayBufferWriter<byte>();
        for (int missing = Texts; missing > 0;)
        {
            ReadOnlySequence<byte> part = await tool.Output.ReadAsync(cancellationToken).ConfigureAwait(false);
            if (part.IsEmpty)
            {
                return null;
            }

            long length = LengthOf(part, ref missing);
            foreach (ReadOnlyMemory<byte> segment in part.Slice(0, length))
            {
                bytes.Write(segment.Span);
            }

            tool.Output.Advance(length);
            if (bytes.WrittenCount > MaxSize)
            {
                throw Malformed();
            }
        }

        return Parse(Encoding.UTF8.GetString(bytes.WrittenSpan).Split('\0'), name);
    }

    /// <summary>Up to the last text's end, as far as it is there.</summary>
    private static long LengthOf(ReadOnlySequence<byte> part, ref int missing)
    {
        long length = 0;
        while (missing > 0)
        {
            SequencePosition? end = part.Slice(length).PositionOf((byte)0);
            if (end is null)
            {
                return part.Length;
            }

            length = part.Slice(0, end.Value).Length + 1;
            missing--;
        }

        return length;
    }

    private static FileStat Parse(string[] texts, string name)
    {
        try
        {
            CultureInfo culture = CultureInfo.InvariantCulture;
            int nanoseconds = int.Parse(texts[3], culture);
            return new(
                name,
                long.Parse(texts[1], culture),
                Convert.ToUInt32(texts[0], 8),
                new(long.Parse(texts[2], culture), nanoseconds is >= 0 and < 1_000_000_000 ? nanoseconds : throw Malformed()),
                texts[4]);
        }
        catch (Exception e) when (e is FormatException or OverflowException or ArgumentException)
        {
            throw Malformed();
        }
    }

    private static HypervisorException Malformed() => new("the guest agent's answer on a file is malformed");
}
