using System.Buffers.Binary;
using System.Text;
using MicroVm.Images.Tar;

namespace MicroVm.Images.Archives;

/// <summary>Writes plain files as a ustar archive (POSIX pax, "ustar Interchange Format"), the same bytes every time.</summary>
internal sealed class ArchiveWriter(Stream target)
{
    private const int Trailer = 2 * TarHeader.BlockSize;
    private const int MaxName = 100;
    private const long LargestOctal = (1L << 33) - 1;

    /// <param name="name">At most 100 bytes.</param>
    public async Task AddAsync(string name, ReadOnlyMemory<byte> content, CancellationToken cancellationToken)
    {
        await target.WriteAsync(Header(name, content.Length), cancellationToken);
        await target.WriteAsync(content, cancellationToken);
        await PadAsync(content.Length, cancellationToken);
    }

    /// <param name="size">Exactly what <paramref name="content"/> has.</param>
    public async Task AddAsync(string name, Stream content, long size, CancellationToken cancellationToken)
    {
        await target.WriteAsync(Header(name, size), cancellationToken);
        await content.CopyToAsync(target, 1 << 20, cancellationToken);
        await PadAsync(size, cancellationToken);
    }

    public async Task CompleteAsync(CancellationToken cancellationToken)
    {
        await target.WriteAsync(new byte[Trailer], cancellationToken);
        await target.FlushAsync(cancellationToken);
    }

    private ValueTask PadAsync(long size, CancellationToken cancellationToken) =>
        target.WriteAsync(new byte[(int)(-size & (TarHeader.BlockSize - 1))], cancellationToken);

    private static byte[] Header(string name, long size)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(name.Length, MaxName);
        byte[] block = new byte[TarHeader.BlockSize];
        Encoding.ASCII.GetBytes(name, block);
        Put(block, 100, "0000644\00000000\00000000\0");
        PutSize(block.AsSpan(124, 12), size);
        Put(block, 136, "00000000000\0        0");
        Put(block, 257, "ustar\000");
        int sum = block.Sum(b => b);
        Put(block, 148, Octal(sum, 6) + "\0 ");
        return block;
    }

    /// <summary>Beyond eight gigabytes as GNU and Go write it: big-endian, marked by the first bit.</summary>
    private static void PutSize(Span<byte> field, long size)
    {
        if (size <= LargestOctal)
        {
            Encoding.ASCII.GetBytes(Octal(size, 11) + "\0", field);
            return;
        }

        field[0] = 0x80;
        BinaryPrimitives.WriteInt64BigEndian(field[4..], size);
    }

    private static void Put(byte[] block, int offset, string text) => Encoding.ASCII.GetBytes(text, block.AsSpan(offset));

    private static string Octal(long number, int digits) => Convert.ToString(number, 8).PadLeft(digits, '0');
}
