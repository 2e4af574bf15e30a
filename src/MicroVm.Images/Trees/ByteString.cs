using System.Diagnostics.CodeAnalysis;

namespace MicroVm.Images.Trees;

/// <summary>
/// A name or path: bytes within a larger array, neither copied nor decoded. Hashed with a per-process seed, so that
/// hostile names can't be made to collide.
/// </summary>
public readonly struct ByteString : IEquatable<ByteString>, IComparable<ByteString>
{
    private readonly byte[]? _array;
    private readonly int _offset;

    public ByteString(byte[] array)
        : this(array, 0, array.Length)
    {
    }

    internal ByteString(byte[] array, int offset, int length)
    {
        _array = array;
        _offset = offset;
        Length = length;
    }

    public int Length { get; }

    public ReadOnlySpan<byte> Span => _array.AsSpan(_offset, Length);

    public bool IsEmpty => Length == 0;

    public static bool operator ==(ByteString left, ByteString right) => left.Equals(right);

    public static bool operator !=(ByteString left, ByteString right) => !left.Equals(right);

    public static bool operator <(ByteString left, ByteString right) => left.CompareTo(right) < 0;

    public static bool operator <=(ByteString left, ByteString right) => left.CompareTo(right) <= 0;

    public static bool operator >(ByteString left, ByteString right) => left.CompareTo(right) > 0;

    public static bool operator >=(ByteString left, ByteString right) => left.CompareTo(right) >= 0;

    public bool Equals(ByteString other) => Span.SequenceEqual(other.Span);

    public override bool Equals([NotNullWhen(true)] object? obj) => obj is ByteString other && Equals(other);

    public override int GetHashCode()
    {
        var hash = default(HashCode);
        hash.AddBytes(Span);
        return hash.ToHashCode();
    }

    /// <summary>By unsigned bytes, as file systems sort.</summary>
    public int CompareTo(ByteString other) => Span.SequenceCompareTo(other.Span);

    /// <summary>For messages: UTF-8, replacement characters where it is not.</summary>
    public override string ToString() => System.Text.Encoding.UTF8.GetString(Span);

    internal ByteString Slice(int start, int length) =>
        (uint)start <= (uint)Length && (uint)length <= (uint)(Length - start)
            ? new(_array!, _offset + start, length)
            : throw new ArgumentOutOfRangeException(nameof(start));

    internal ByteString Slice(int start) => Slice(start, Length - start);

    internal byte[] ToArray() => Span.ToArray();
}
