using System.Buffers;
using System.Globalization;
using System.Text;
using MicroVm.Engine.Containers;

namespace MicroVm.Engine.Logs;

/// <summary>
/// Writes entries of Docker's json-file log, byte for byte as dockerd does:
/// <c>{"log":"text\n","stream":"stdout","time":"2006-01-02T15:04:05.999999999Z"}</c>. Control characters, &lt;, &gt;,
/// &amp;, U+2028 and U+2029 are escaped; each byte that is not UTF-8 becomes U+FFFD.
/// </summary>
internal sealed class JsonLogEncoder
{
    private const int EntryOverhead = 128;
    private const int WorstEscape = 6;

    private static readonly SearchValues<byte> s_special = SearchValues.Create(SpecialBytes());

    private byte[] _buffer = new byte[64 * 1024];
    private int _length;

    public ReadOnlyMemory<byte> Written => _buffer.AsMemory(0, _length);

    public void Clear() => _length = 0;

    /// <summary>The end of an entry: all that follows the text.</summary>
    public static byte[] Suffix(OutputStream stream, DateTime time)
    {
        string name = stream == OutputStream.Stderr ? "stderr" : "stdout";
        string text = time.ToString("yyyy-MM-dd'T'HH:mm:ss.FFFFFFF'Z'", CultureInfo.InvariantCulture);
        return Encoding.ASCII.GetBytes($"\",\"stream\":\"{name}\",\"time\":\"{text}\"}}\n");
    }

    /// <summary>Appends one entry; <paramref name="newline"/> false marks a line that goes on in the next entry.</summary>
    public void Append(ReadOnlySpan<byte> text, bool newline, ReadOnlySpan<byte> suffix)
    {
        EnsureRoom(checked((text.Length * WorstEscape) + EntryOverhead));
        Put("{\"log\":\""u8);
        PutEscaped(text);
        if (newline)
        {
            Put("\\n"u8);
        }

        Put(suffix);
    }

    private static byte[] SpecialBytes()
    {
        IEnumerable<int> escaped = Enumerable.Range(0, 0x20).Concat(Enumerable.Range(0x80, 0x80)).Concat(@"""\<>&".Select(c => (int)c));
        return [.. escaped.Select(b => (byte)b)];
    }

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
            text = text[(special + PutSpecial(text[special..]))..];
        }
    }

    /// <summary>Writes the character that text starts with; returns its length in bytes.</summary>
    private int PutSpecial(ReadOnlySpan<byte> text)
    {
        byte first = text[0];
        if (first < 0x80)
        {
            PutAscii(first);
            return 1;
        }

        if (Rune.DecodeFromUtf8(text, out Rune rune, out int length) != OperationStatus.Done)
        {
            Put("\\ufffd"u8);
            return 1;
        }

        if (rune.Value is 0x2028 or 0x2029)
        {
            Put(rune.Value == 0x2028 ? "\\u2028"u8 : "\\u2029"u8);
        }
        else
        {
            Put(text[..length]);
        }

        return length;
    }

    private void PutAscii(byte value)
    {
        ReadOnlySpan<byte> digits = "0123456789abcdef"u8;
        switch (value)
        {
            case (byte)'"' or (byte)'\\':
                Put([(byte)'\\', value]);
                break;
            case (byte)'\n':
                Put("\\n"u8);
                break;
            case (byte)'\r':
                Put("\\r"u8);
                break;
            default:
                Put([(byte)'\\', (byte)'u', (byte)'0', (byte)'0', digits[value >> 4], digits[value & 15]]);
                break;
        }
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
