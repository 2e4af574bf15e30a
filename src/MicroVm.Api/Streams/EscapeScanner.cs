namespace MicroVm.Api.Streams;

/// <summary>
/// Finds the detach keys in what is typed. Keys that may begin the sequence are held back until it is clear that they
/// do not.
/// </summary>
/// <param name="keys">Not empty.</param>
public sealed class EscapeScanner(byte[] keys)
{
    private int _matched;

    /// <summary>Most bytes that <see cref="Scan"/> can write for an input of this length.</summary>
    public int MaximumOutput(int inputLength) => inputLength + keys.Length;

    /// <summary>Copies what is to be sent.</summary>
    /// <param name="output">At least <see cref="MaximumOutput"/> bytes.</param>
    /// <param name="written">Number of bytes to send.</param>
    /// <returns>True: the sequence is complete; bytes after it are dropped.</returns>
    public bool Scan(ReadOnlySpan<byte> input, Span<byte> output, out int written)
    {
        written = 0;
        foreach (byte value in input)
        {
            if (value != keys[_matched] && _matched > 0)
            {
                keys.AsSpan(0, _matched).CopyTo(output[written..]);
                written += _matched;
                _matched = 0;
            }

            if (value != keys[_matched])
            {
                output[written++] = value;
            }
            else if (++_matched == keys.Length)
            {
                return true;
            }
        }

        return false;
    }
}
