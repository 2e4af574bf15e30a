namespace MicroVm.Images.Tar;

/// <summary>Sparse files: GNU's old 'S' header, and the PAX forms 0.0, 0.1 and 1.0 (GNU tar manual, "Sparse Formats").</summary>
internal sealed partial class TarReader
{
    private async ValueTask ReadSparseMapAsync(TarEntry entry, PaxHeader? pax, CancellationToken cancellationToken)
    {
        if (entry.Type == TarEntryType.GnuSparse)
        {
            entry.Size = GnuRealSize();
            entry.Segments = await ReadGnuMapAsync(cancellationToken).ConfigureAwait(false);
            entry.Type = TarEntryType.File;
        }
        else if (pax is { Sparse: { MapIsInContent: true } or { HasMap: true } })
        {
            entry.Name = pax.Sparse.Name ?? entry.Name;
            entry.Size = pax.Sparse.Size ?? entry.Size;
            entry.Segments = pax.Sparse.MapIsInContent
                ? await ReadContentMapAsync(cancellationToken).ConfigureAwait(false)
                : pax.Sparse.Segments();
        }

        if (entry.Segments is not null)
        {
            CheckSegments(entry);
        }
    }

    private long GnuRealSize()
    {
        var header = new TarHeader(_block);
        return header.Format == TarFormat.Gnu
            ? HeaderNumber(header.GnuRealSize, "sparse file size")
            : throw TarError.Invalid("sparse file in an unknown format", header.FullName());
    }

    /// <summary>Four entries in the header; the rest, 21 each, in blocks that follow it and that its size leaves out.</summary>
    private async ValueTask<List<SparseSegment>> ReadGnuMapAsync(CancellationToken cancellationToken)
    {
        var segments = new List<SparseSegment>();
        AddGnuEntries(segments, new TarHeader(_block).GnuSparse);
        bool continues = new TarHeader(_block).GnuSparseContinues;
        while (continues)
        {
            if (!await ReadBlockAsync(cancellationToken).ConfigureAwait(false))
            {
                throw TarError.Truncated();
            }

            const int entriesSize = TarHeader.SparseInExtension * TarHeader.SparseEntrySize;
            AddGnuEntries(segments, _block.AsSpan(0, entriesSize));
            continues = _block[entriesSize] != 0;
        }

        return segments;
    }

    private static void AddGnuEntries(List<SparseSegment> segments, ReadOnlySpan<byte> entries)
    {
        for (; !entries.IsEmpty && entries[0] != 0; entries = entries[TarHeader.SparseEntrySize..])
        {
            CheckCount(segments.Count + 1);
            segments.Add(new(
                HeaderNumber(entries[..TarHeader.SparseNumberSize], "sparse map"),
                HeaderNumber(entries[TarHeader.SparseNumberSize..TarHeader.SparseEntrySize], "sparse map")));
        }
    }

    /// <summary>Lines of decimal numbers: how many segments, then offset and length of each; padded to a block.</summary>
    private async ValueTask<SparseSegment[]> ReadContentMapAsync(CancellationToken cancellationToken)
    {
        var numbers = new NumberLines();
        long wanted = 1;
        while (numbers.Count < wanted)
        {
            if (_stored < TarHeader.BlockSize || !await ReadBlockAsync(cancellationToken).ConfigureAwait(false))
            {
                throw TarError.Truncated();
            }

            _stored -= TarHeader.BlockSize;
            numbers.Add(_block);
            if (numbers.Count > 0)
            {
                CheckCount(numbers[0]);
                wanted = 1 + (2 * numbers[0]);
            }
        }

        var segments = new SparseSegment[(int)numbers[0]];
        for (int i = 0; i < segments.Length; i++)
        {
            segments[i] = new(numbers[1 + (2 * i)], numbers[2 + (2 * i)]);
        }

        return segments;
    }

    private static void CheckCount(long count)
    {
        if (count is < 0 or > TarLimits.MaxSparseSegments)
        {
            throw TarError.Invalid($"a sparse file of {count} segments");
        }
    }

    /// <summary>Segments lie within the file, in order, and their lengths are what is stored: nothing missing, nothing over.</summary>
    private void CheckSegments(TarEntry entry)
    {
        long end = 0, stored = 0;
        bool good = entry.Type == TarEntryType.File && entry.Size is >= 0 and <= TarLimits.MaxFileSize;
        foreach (SparseSegment segment in entry.Segments!)
        {
            good = good && segment.Offset >= end && segment.Length >= 0 && segment.Length <= entry.Size - segment.Offset;
            if (!good)
            {
                break;
            }

            (end, stored) = (segment.End, stored + segment.Length);
        }

        if (!good || stored != _stored)
        {
            throw TarError.Invalid("malformed map of a sparse file", entry.Name);
        }
    }

    /// <summary>Decimal numbers, one a line, arriving in pieces.</summary>
    private sealed class NumberLines
    {
        private const int MaxLine = 20;

        private readonly List<long> _numbers = [];
        private readonly List<byte> _line = [];

        public int Count => _numbers.Count;

        public long this[int index] => _numbers[index];

        public void Add(ReadOnlySpan<byte> bytes)
        {
            foreach (byte b in bytes)
            {
                if (b == '\n')
                {
                    EndLine();
                }
                else if (b != 0 || _line.Count > 0)
                {
                    _line.Add(_line.Count < MaxLine ? b : throw TarError.Invalid("malformed map of a sparse file"));
                }
            }
        }

        private void EndLine()
        {
            _numbers.Add(TarNumber.ParseDecimal(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_line))
                ?? throw TarError.Invalid("malformed map of a sparse file"));
            _line.Clear();
        }
    }
}
