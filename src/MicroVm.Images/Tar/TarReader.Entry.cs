namespace MicroVm.Images.Tar;

/// <summary>Making an entry of a header block and the extended headers before it.</summary>
internal sealed partial class TarReader
{
    private async ValueTask<TarEntry> ReadEntryAsync(
        PaxHeader? pax, byte[]? longName, byte[]? longLink, CancellationToken cancellationToken)
    {
        TarEntry entry = ParseBlock();
        Merge(entry, pax);
        entry.Name = longName is { Length: > 0 } ? longName : entry.Name;
        entry.LinkName = longLink is { Length: > 0 } ? longLink : entry.LinkName;
        if (entry.Type == TarEntryType.OldFile)
        {
            entry.Type = entry.Name.AsSpan().EndsWith("/"u8) ? TarEntryType.Directory : TarEntryType.File;
        }

        SetStored(entry.Size, entry.Type);
        await ReadSparseMapAsync(entry, pax, cancellationToken).ConfigureAwait(false);
        return entry;
    }

    private TarEntry ParseBlock()
    {
        var header = new TarHeader(_block);
        bool hasDevice = header.Format != TarFormat.V7;
        return new()
        {
            Type = header.Type,
            Name = header.FullName(),
            LinkName = TarNumber.CString(header.LinkName).ToArray(),
            Mode = HeaderNumber(header.Mode, "mode"),
            Uid = HeaderNumber(header.Uid, "uid"),
            Gid = HeaderNumber(header.Gid, "gid"),
            Size = HeaderNumber(header.Size, "size"),
            ModificationTime = new(HeaderNumber(header.ModificationTime, "mtime")),
            DeviceMajor = hasDevice ? HeaderNumber(header.DeviceMajor, "device number") : 0,
            DeviceMinor = hasDevice ? HeaderNumber(header.DeviceMinor, "device number") : 0,
        };
    }

    private static void Merge(TarEntry entry, PaxHeader? pax)
    {
        if (pax is null)
        {
            return;
        }

        entry.Name = pax.Path ?? entry.Name;
        entry.LinkName = pax.LinkPath ?? entry.LinkName;
        entry.Size = pax.Size ?? entry.Size;
        entry.Uid = pax.Uid ?? entry.Uid;
        entry.Gid = pax.Gid ?? entry.Gid;
        entry.ModificationTime = pax.ModificationTime ?? entry.ModificationTime;
        entry.Xattrs = pax.Xattrs;
    }
}
