namespace MicroVm.Interop.Compression;

/// <summary>A decompressor that takes and gives what there is room for, in the manner of zlib.</summary>
public interface IStreamDecoder : IDisposable
{
    /// <summary>Decodes some of <paramref name="input"/> into <paramref name="output"/>.</summary>
    /// <returns>Bytes taken and bytes given; both zero only when it wants more of either.</returns>
    /// <exception cref="InvalidDataException">The input is damaged, or asks for more memory than allowed.</exception>
    (int Consumed, int Written) Decode(ReadOnlySpan<byte> input, Span<byte> output);

    /// <summary>The input so far could end here: all that was begun is complete.</summary>
    bool IsAtEnd { get; }
}
