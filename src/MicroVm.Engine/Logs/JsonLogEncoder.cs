using System.Buffers;
using System.Globalization;
using System.Text;
using MicroVm.Engine.Containers;

namespace MicroVm.Engine.Logs;

/// <summary>
/// Writes entries of Docker's json-file log, byte for byte as dockerd does:
/// <c>{"log":"text\n","stream":"stdout","time":"2006-01-02T15:04:05.999999999Z"}</c>, with <c>"attrs"</c> before the time. Control characters, &lt;, &gt;,
/// &amp;, U+2028 and U+2029 are escaped; each byte that is not UTF-8 becomes U+FFFD.
/// </summary>
internal sealed class JsonLogEncoder
{
    private const int EntryOverhead = 128;
    private const int WorstEscape = 6;

    private const int EscapeStride = 8;
    private const int WorthwhileRun = 8;
    private const int BadByte = -1;

    private static readonly byte[] s_escapes = MakeEscapes();
    private static readonly byte[] s_escapeLengths = [.. Enumerable.Range(0, 128).Select(value => (byte)EscapeOf(value).Length)];
    private static readonly SearchValues<byte> s_special = SearchValues.Create(
        [.. Enumerable.Range(0, 256).Where(value => value >= 128 || EscapeOf(value).Length > 1).Select(value => (byte)value)]);

    private byte[] _buffer = new byte[64 * 1024];
    private int _length;

    public ReadOnlyMemory<byte> Written => _buffer.AsMemory(0, _length);

    public void Clear() => _length = 0;

    /// <summary>The end of an entry: all that follows the text.</summary>
    /// <param name="attributes">A JSON object; empty: none.</param>
    public static byte[] Suffix(OutputStream stream, DateTime time, ReadOnlySpan<byte> attributes = default)
    {
        string name = stream == OutputStream.Stderr ? "stderr" : "stdout";
        string text = time.ToString("yyyy-MM-dd'T'HH:mm:ss.FFFFFFF'Z'", CultureInfo.InvariantCulture);
        byte[] end = Encoding.ASCII.GetBytes($",\"time\":\"{text}\"}}\n");
        byte[] start = Encoding.ASCII.GetBytes($"\",\"stream\":\"{name}\"{(attributes.IsEmpty ? "" : ",\"attrs\":")}");
        return [.. start, .. attributes, .. end];
    }

    /// <summary>Appends JSON as it is.</summary>
    public void AppendRaw(ReadOnlySpan<byte> json)
    {
        EnsureRoom(json.Length);
        Put(json);
    }

    /// <summary>Appends a text in quotes.</summary>
    public void AppendText(ReadOnlySpan<byte> text)
    {
        EnsureRoom(checked((text.Length * WorstEscape) + EntryOverhead));
        Put("\""u8);
        PutEscaped(text);
        Put("\""u8);
    }

    /// <summary>Appends one entry; <paramref name="newline"/> false marks a line that goes on in the next entry.</summary>
    public void Append(ReadOnlySpan<byte> text, bool newline, ReadOnlySpan<byte> suffix)
    {
        EnsureRoom(checked((text.Length * WorstEscape) + suffix.Length + EntryOverhead));
        Put("{\"log\":\""u8);
        PutEscaped(text);
        if (newline)
        {
            Put("\\n"u8);
        }

        Put(suffix);
    }

    /// <summary>Plain runs are found and copied in bulk; between them, bytes are looked up one by one.</summary>
    private void PutEscaped(ReadOnlySpan<byte> text)
    {
        while (true)
        {
            int special = text.IndexOfAny(s_special);
            if (special < 0)
            {
                Put(text);
                return;
            }

            Put(text[..special]);
            text = text[special..];
            text = text[PutSpecialRun(text)..];
            if (text.IsEmpty)
            {
                return;
            }
        }
    }

    /// <summary>
    /// Writes bytes from the start of text until a few plain ones in a row make a bulk search worth it again; returns
    /// how many were taken.
    /// </summary>
    private int PutSpecialRun(ReadOnlySpan<byte> text)
    {
        Span<byte> target = _buffer.AsSpan(_length);
        int written = 0;
        int taken = 0;
        for (int plain = 0; taken < text.Length && plain < WorthwhileRun;)
        {
            byte value = text[taken];
            if (value >= 0x80)
            {
                plain = 0;
                taken += PutNonAscii(text[taken..], target, ref written);
                continue;
            }

            // Eight bytes are copied whatever the length: what is too much is overwritten next (there is room).
            plain = s_escapeLengths[value] == 1 ? plain + 1 : 0;
            s_escapes.AsSpan(value * EscapeStride, EscapeStride).CopyTo(target[written..]);
            written += s_escapeLengths[value];
            taken++;
        }

        _length += written;
        return taken;
    }

    /// <summary>Writes the character that text starts with; returns its length in bytes.</summary>
    private static int PutNonAscii(ReadOnlySpan<byte> text, Span<byte> target, ref int written)
    {
        int length = LengthOf(text, out int value);
        ReadOnlySpan<byte> form = value switch
        {
            BadByte => "\\ufffd"u8,
            0x2028 => "\\u2028"u8,
            0x2029 => "\\u2029"u8,
            _ => text[..length],
        };
        form.CopyTo(target[written..]);
        written += form.Length;
        return length;
    }

    /// <summary>Length of the character that text starts with, 1 for a bad byte. Binary data is mostly bad bytes: found first.</summary>
    private static int LengthOf(ReadOnlySpan<byte> text, out int value)
    {
        value = BadByte;
        if (text[0] is < 0xC2 or > 0xF4 || text.Length < 2 || (text[1] & 0xC0) != 0x80)
        {
            return 1;
        }

        if (text[0] < 0xE0)
        {
            value = 0;
            return 2;
        }

        if (Rune.DecodeFromUtf8(text, out Rune rune, out int length) != OperationStatus.Done)
        {
            return 1;
        }

        value = rune.Value;
        return length;
    }

    private static string EscapeOf(int value) => value switch
    {
        '"' or '\\' => "\\" + (char)value,
        '\n' => "\\n",
        '\r' => "\\r",
        < 0x20 or '<' or '>' or '&' => $"\\u{value:x4}",
        _ => ((char)value).ToString(),
    };

    private static byte[] MakeEscapes()
    {
        byte[] table = new byte[128 * EscapeStride];
        for (int value = 0; value < 128; value++)
        {
            Encoding.ASCII.GetBytes(EscapeOf(value), table.AsSpan(value * EscapeStride));
        }

        return table;
    }

    private void Put(ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(_buffer.AsSpan(_length));
        _length += bytes.Length;
    }

    private void EnsureRoom(int count)
    {
        int needed = checked(_length + count);
        if (needed > _buffer.Length)
        {
            Array.Resize(ref _buffer, Math.Max(needed, _buffer.Length * 2));
        }
    }
}
