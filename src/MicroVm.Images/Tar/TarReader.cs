namespace MicroVm.Images.Tar;

/// <summary>
/// Reads an archive entry by entry: version 7, ustar, star, GNU and PAX, as Go's archive/tar does, so that a layer means
/// here what it means to Docker and containerd. Global PAX headers are checked and have no effect, as there.
/// </summary>
/// <remarks>
/// Format: POSIX pax and GNU tar manual, "Basic Tar Format". Malformed archives: <see cref="ImageException"/> (Invalid).
/// </remarks>
internal sealed partial class TarReader(TarInput input)
{
    private readonly byte[] _block = new byte[TarHeader.BlockSize];
    private long _stored;
    private int _padding;
    private bool _ended;

    /// <summary>The next entry, its predecessor's unread content passed over; null at the end of the archive.</summary>
    public async ValueTask<TarEntry?> ReadNextAsync(CancellationToken cancellationToken)
    {
        PaxHeader? pax = null;
        byte[]? longName = null, longLink = null;
        while (await ReadHeaderAsync(cancellationToken).ConfigureAwait(false))
        {
            switch (new TarHeader(_block).Type)
            {
                case TarEntryType.PaxExtended:
                    pax = PaxHeader.Parse(await ReadExtendedAsync(cancellationToken).ConfigureAwait(false));
                    break;
                case TarEntryType.PaxGlobal:
                    _ = PaxHeader.Parse(await ReadExtendedAsync(cancellationToken).ConfigureAwait(false));
                    pax = null;
                    longName = longLink = null;
                    break;
                case TarEntryType.GnuLongName:
                    longName = TarNumber.CString(await ReadExtendedAsync(cancellationToken).ConfigureAwait(false)).ToArray();
                    break;
                case TarEntryType.GnuLongLink:
                    longLink = TarNumber.CString(await ReadExtendedAsync(cancellationToken).ConfigureAwait(false)).ToArray();
                    break;
                default:
                    return await ReadEntryAsync(pax, longName, longLink, cancellationToken).ConfigureAwait(false);
            }
        }

        return null;
    }

    /// <summary>More of the current entry's stored bytes, at most so many; none: that was all. Valid until the next call.</summary>
    public async ValueTask<ReadOnlyMemory<byte>> ReadContentAsync(long max, CancellationToken cancellationToken)
    {
        if (_stored == 0)
        {
            return default;
        }

        ReadOnlyMemory<byte> part = await input.TakeContentAsync(Math.Min(max, _stored), cancellationToken).ConfigureAwait(false);
        _stored -= part.Length;
        return part.IsEmpty ? throw TarError.Truncated() : part;
    }

    /// <summary>
    /// Steps to the next header block. The end is two zero blocks, or, leniently as everywhere, the end of the stream at
    /// a header or after one zero block.
    /// </summary>
    private async ValueTask<bool> ReadHeaderAsync(CancellationToken cancellationToken)
    {
        if (_ended || !await SkipRestOfEntryAsync(cancellationToken).ConfigureAwait(false)
            || !await ReadBlockAsync(cancellationToken).ConfigureAwait(false))
        {
            _ended = true;
            return false;
        }

        if (new TarHeader(_block).IsZero)
        {
            _ended = true;
            return await ReadBlockAsync(cancellationToken).ConfigureAwait(false) && !new TarHeader(_block).IsZero
                ? throw TarError.Invalid("a lone zero block between entries")
                : false;
        }

        if (!new TarHeader(_block).ChecksumMatches)
        {
            throw TarError.Invalid("wrong checksum of a tar header");
        }

        SetStored(HeaderNumber(new TarHeader(_block).Size, "size"), new TarHeader(_block).Type);
        return true;
    }

    private async ValueTask<bool> SkipRestOfEntryAsync(CancellationToken cancellationToken)
    {
        if (!await input.SkipAsync(_stored, cancellationToken).ConfigureAwait(false))
        {
            throw TarError.Truncated();
        }

        // The last entry's padding may be missing: the content is whole.
        bool more = await input.SkipAsync(_padding, cancellationToken).ConfigureAwait(false);
        (_stored, _padding) = (0, 0);
        return more;
    }

    /// <summary>False at the end of the stream; part of a block is an error.</summary>
    private async ValueTask<bool> ReadBlockAsync(CancellationToken cancellationToken)
    {
        int read = await input.ReadAsync(_block, cancellationToken).ConfigureAwait(false);
        return read is 0 or TarHeader.BlockSize ? read > 0 : throw TarError.Truncated();
    }

    private void SetStored(long size, TarEntryType type)
    {
        if (size is < 0 or > TarLimits.MaxFileSize)
        {
            throw TarError.Invalid($"a file of {size} bytes", new TarHeader(_block).FullName());
        }

        _stored = type is >= TarEntryType.HardLink and <= TarEntryType.Fifo ? 0 : size;
        _padding = (int)(-_stored & (TarHeader.BlockSize - 1));
    }

    private async ValueTask<byte[]> ReadExtendedAsync(CancellationToken cancellationToken)
    {
        if (_stored > TarLimits.MaxExtendedHeader)
        {
            throw TarError.Invalid("extended header is larger than 1 MiB");
        }

        byte[] content = new byte[(int)_stored];
        if (await input.ReadAsync(content, cancellationToken).ConfigureAwait(false) < content.Length)
        {
            throw TarError.Truncated();
        }

        _stored = 0;
        return content;
    }

    private static long HeaderNumber(ReadOnlySpan<byte> field, string what) =>
        TarNumber.ParseField(field) ?? throw TarError.Invalid($"malformed {what} in a tar header");
}
