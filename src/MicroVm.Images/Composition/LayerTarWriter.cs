using System.Buffers;
using System.Globalization;
using System.IO.Pipelines;
using System.Text;
using MicroVm.Images.Tar;
using MicroVm.Images.Trees;

namespace MicroVm.Images.Composition;

/// <summary>Writes entries as ustar, with pax headers (POSIX.1-2001) for what it can't say.</summary>
internal sealed class LayerTarWriter(PipeWriter target)
{
    private const int ChunkSize = 256 << 10;

    /// <summary>False: nobody reads any more.</summary>
    public async ValueTask<bool> AddAsync(LayerEntry entry, CancellationToken cancellationToken)
    {
        byte[] name = entry.Kind == NodeKind.Directory ? [.. entry.Path, (byte)'/'] : entry.Path;
        byte[] link = entry.LinkTo ?? entry.LinkTarget;
        long size = entry is { Kind: NodeKind.File, LinkTo: null } ? entry.Size : 0;
        byte[] records = Records(entry, name, link, size);
        if (records.Length > 0)
        {
            PutHeader((byte)TarEntryType.PaxExtended, "PaxHeaders.0"u8, default, new([], NodeKind.File) { Mode = 0x1A4 }, records.Length);
            target.Write(records);
            Pad(records.Length);
        }

        PutHeader((byte)TypeOf(entry), name, link, entry, size);
        return size == 0
            ? !(await target.FlushAsync(cancellationToken).ConfigureAwait(false)).IsCompleted
            : await CopyAsync(entry, size, cancellationToken).ConfigureAwait(false);
    }

    public void Finish() => Zeros(2 * TarHeader.BlockSize);

    private static TarEntryType TypeOf(LayerEntry entry) => entry switch
    {
        { LinkTo: not null } => TarEntryType.HardLink,
        { Kind: NodeKind.Directory } => TarEntryType.Directory,
        { Kind: NodeKind.SymbolicLink } => TarEntryType.SymbolicLink,
        { Kind: NodeKind.CharacterDevice } => TarEntryType.CharacterDevice,
        { Kind: NodeKind.BlockDevice } => TarEntryType.BlockDevice,
        { Kind: NodeKind.Fifo } => TarEntryType.Fifo,
        _ => TarEntryType.File,
    };

    private async ValueTask<bool> CopyAsync(LayerEntry entry, long size, CancellationToken cancellationToken)
    {
        await using Stream content = entry.Content!();
        for (long left = size; left > 0;)
        {
            Memory<byte> space = target.GetMemory(ChunkSize);
            int count = await content.ReadAsync(space[..(int)Math.Min(left, space.Length)], cancellationToken).ConfigureAwait(false);
            if (count == 0)
            {
                throw new ImageException(ImageErrorKind.Corrupt, $"a file to copy ends {left} bytes early: {TarError.Printable(entry.Path)}");
            }

            target.Advance(count);
            left -= count;
            if ((await target.FlushAsync(cancellationToken).ConfigureAwait(false)).IsCompleted)
            {
                return false;
            }
        }

        Pad(size);
        return true;
    }

    private void PutHeader(byte type, ReadOnlySpan<byte> name, ReadOnlySpan<byte> link, LayerEntry entry, long size)
    {
        Span<byte> header = stackalloc byte[TarHeader.BlockSize];
        header.Clear();
        PutText(header[..100], name);
        PutNumber(header.Slice(100, 8), entry.Mode);
        PutNumber(header.Slice(108, 8), entry.Uid);
        PutNumber(header.Slice(116, 8), entry.Gid);
        PutNumber(header.Slice(124, 12), size);
        PutNumber(header.Slice(136, 12), Math.Max(0, entry.MtimeSeconds));
        header[156] = type;
        PutText(header.Slice(157, 100), link);
        "ustar\000"u8.CopyTo(header[257..]);
        PutNumber(header.Slice(329, 8), entry.DeviceMajor);
        PutNumber(header.Slice(337, 8), entry.DeviceMinor);
        header.Slice(148, 8).Fill((byte)' ');
        int sum = 0;
        foreach (byte b in header)
        {
            sum += b;
        }

        PutNumber(header.Slice(148, 7), sum);
        target.Write(header);
    }

    /// <summary>Octal digits and a NUL; 0 for what does not fit and is in a pax record.</summary>
    private static void PutNumber(Span<byte> field, long value)
    {
        int digits = field.Length - 1;
        value = value >> (3 * digits) != 0 ? 0 : value;
        for (int i = digits - 1; i >= 0; i--, value >>= 3)
        {
            field[i] = (byte)('0' + (value & 7));
        }

        field[digits] = 0;
    }

    private static void PutText(Span<byte> field, ReadOnlySpan<byte> text) => text[..Math.Min(text.Length, field.Length)].CopyTo(field);

    private static byte[] Records(LayerEntry entry, byte[] name, byte[] link, long size)
    {
        var records = new ArrayBufferWriter<byte>();
        AddIf(records, name.Length > 100, "path"u8, name);
        AddIf(records, link.Length > 100, "linkpath"u8, link);
        AddIf(records, entry.Uid >> 21 != 0, "uid"u8, Number(entry.Uid));
        AddIf(records, entry.Gid >> 21 != 0, "gid"u8, Number(entry.Gid));
        AddIf(records, size >> 33 != 0, "size"u8, Number(size));
        AddIf(records, entry.MtimeSeconds < 0 || entry.MtimeSeconds >> 33 != 0, "mtime"u8, Number(entry.MtimeSeconds));
        foreach ((ByteString attribute, ByteString value) in entry.LinkTo is null ? entry.Xattrs : [])
        {
            AddIf(records, true, [.. "SCHILY.xattr."u8, .. attribute.Span], value.Span);
        }

        return records.WrittenSpan.ToArray();
    }

    private static byte[] Number(long value) => Encoding.ASCII.GetBytes(value.ToString(CultureInfo.InvariantCulture));

    /// <summary>"LENGTH KEY=VALUE\n"; the length counts its own digits.</summary>
    private static void AddIf(ArrayBufferWriter<byte> records, bool condition, ReadOnlySpan<byte> key, ReadOnlySpan<byte> value)
    {
        if (!condition)
        {
            return;
        }

        int rest = key.Length + value.Length + 3;
        int length = rest + 1;
        while (length != rest + Number(length).Length)
        {
            length = rest + Number(length).Length;
        }

        records.Write(Number(length));
        records.Write(" "u8);
        records.Write(key);
        records.Write("="u8);
        records.Write(value);
        records.Write("\n"u8);
    }

    private void Pad(long size) => Zeros((int)(-size & (TarHeader.BlockSize - 1)));

    private void Zeros(int count)
    {
        if (count > 0)
        {
            target.GetSpan(count)[..count].Clear();
            target.Advance(count);
        }
    }
}
