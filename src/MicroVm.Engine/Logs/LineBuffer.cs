namespace MicroVm.Engine.Logs;

/// <summary>
/// Cuts one stream into log entries by Docker's rule: one a line, and a line longer than 16 KiB in pieces of 16 KiB
/// that all carry the first piece's time.
/// </summary>
internal sealed class LineBuffer
{
    public const int MaxPiece = 16 * 1024;

    private readonly byte[] _held = new byte[MaxPiece];
    private int _heldLength;
    private byte[]? _lineSuffix;

    /// <summary>Bytes that wait for the rest of their line.</summary>
    public ReadOnlySpan<byte> Held => _held.AsSpan(0, _heldLength);

    /// <summary>
    /// Moves at most one entry from <paramref name="bytes"/> to the encoder; returns how many of the bytes it took.
    /// </summary>
    public int Take(ReadOnlySpan<byte> bytes, byte[] suffix, JsonLogEncoder encoder)
    {
        int room = MaxPiece - _heldLength;
        int newline = bytes[..Math.Min(room, bytes.Length)].IndexOf((byte)'\n');
        if (newline >= 0)
        {
            Emit(bytes[..newline], newline: true, suffix, encoder);
            return newline + 1;
        }

        if (bytes.Length < room)
        {
            bytes.CopyTo(_held.AsSpan(_heldLength));
            _heldLength += bytes.Length;
            return bytes.Length;
        }

        Emit(bytes[..room], newline: false, suffix, encoder);
        return room;
    }

    /// <summary>At the stream's end: what is held becomes an entry without newline.</summary>
    public void Finish(byte[] suffix, JsonLogEncoder encoder)
    {
        if (_heldLength > 0)
        {
            Emit([], newline: false, suffix, encoder);
        }
    }

    private void Emit(ReadOnlySpan<byte> bytes, bool newline, byte[] suffix, JsonLogEncoder encoder)
    {
        byte[] lineSuffix = _lineSuffix ?? suffix;
        if (_heldLength == 0)
        {
            encoder.Append(bytes, newline, lineSuffix);
        }
        else
        {
            bytes.CopyTo(_held.AsSpan(_heldLength));
            encoder.Append(_held.AsSpan(0, _heldLength + bytes.Length), newline, lineSuffix);
            _heldLength = 0;
        }

        _lineSuffix = newline ? null : lineSuffix;
    }
}
