using MicroVm.Images.Tar;
using MicroVm.Images.Trees;

namespace MicroVm.Images.Layers;

/// <summary>
/// Turns one archive into a layer's data and index while it streams in. Nothing depends on other layers here: paths,
/// links and whiteouts are resolved when layers are merged, so records keep the archive's order.
/// </summary>
internal sealed partial class LayerImporter(TarReader tar, DataFileWriter data, LayerIndexWriter index, FrameWriter frame, bool hasWhiteouts)
{
    private const ushort ModeMask = 0xfff;
    private const uint MaxMajor = (1 << 12) - 1;
    private const uint MaxMinor = (1 << 20) - 1;

    /// <summary>Sum of the regular files' sizes so far, bytes.</summary>
    public long ContentSize { get; private set; }

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        while (await tar.ReadNextAsync(cancellationToken).ConfigureAwait(false) is { } entry)
        {
            byte[] path = LayerPath.Normalize(entry.Name);
            byte[] target = [];
            switch (hasWhiteouts ? Whiteout.Parse(path, out target) : WhiteoutKind.None)
            {
                case WhiteoutKind.None:
                    await AddAsync(entry, path, cancellationToken).ConfigureAwait(false);
                    break;
                case WhiteoutKind.Name:
                    index.Add(new() { Kind = RecordKind.Whiteout }, target);
                    break;
                case WhiteoutKind.Opaque:
                    index.Add(new() { Kind = RecordKind.Opaque }, target);
                    break;
                default:
                    break;
            }
        }
    }

    private async ValueTask AddAsync(TarEntry entry, byte[] path, CancellationToken cancellationToken)
    {
        if (path.Length == 0 && entry.Type != TarEntryType.Directory)
        {
            throw TarError.Invalid("an entry would replace the root directory", entry.Name);
        }

        switch (entry.Type)
        {
            case TarEntryType.File or TarEntryType.ContiguousFile:
                await AddFileAsync(entry, path, cancellationToken).ConfigureAwait(false);
                break;
            case TarEntryType.HardLink:
                AddHardLink(entry, path);
                break;
            case TarEntryType.SymbolicLink:
                index.Add(Record(entry, NodeKind.SymbolicLink), path, LinkTarget(entry), Xattrs(entry, NodeKind.SymbolicLink));
                break;
            case TarEntryType.Directory:
                AddPlain(entry, NodeKind.Directory, path);
                break;
            case TarEntryType.CharacterDevice:
                AddPlain(entry, NodeKind.CharacterDevice, path);
                break;
            case TarEntryType.BlockDevice:
                AddPlain(entry, NodeKind.BlockDevice, path);
                break;
            case TarEntryType.Fifo:
                AddPlain(entry, NodeKind.Fifo, path);
                break;
            default:
                throw TarError.Invalid($"unhandled tar header type {(byte)entry.Type}", entry.Name);
        }
    }

    private void AddPlain(TarEntry entry, NodeKind kind, byte[] path)
    {
        LayerRecord record = Record(entry, kind);
        record.Device = kind is NodeKind.CharacterDevice or NodeKind.BlockDevice ? Device(entry) : 0;
        index.Add(record, path, default, Xattrs(entry, kind));
    }

    private void AddHardLink(TarEntry entry, byte[] path)
    {
        // The target's own entry says what it is; a link has only its name (as umoci; writers needn't fill the rest).
        byte[] target = LayerPath.Normalize(entry.LinkName);
        if (target.Length == 0)
        {
            throw TarError.Invalid("a hard link to the root directory", entry.Name);
        }

        index.Add(new() { Kind = RecordKind.HardLink }, path, target);
    }

    private static LayerRecord Record(TarEntry entry, NodeKind kind) => new()
    {
        Kind = (RecordKind)kind,
        Mode = (ushort)(entry.Mode & ModeMask),
        Uid = Owner(entry.Uid, entry.Name),
        Gid = Owner(entry.Gid, entry.Name),
        MtimeSeconds = entry.ModificationTime.Seconds,
        MtimeNanoseconds = (uint)entry.ModificationTime.Nanoseconds,
    };

    /// <summary>-1 is "leave as it is" to chown(2), no owner.</summary>
    private static uint Owner(long id, byte[] name) => id is >= 0 and < uint.MaxValue
        ? (uint)id
        : throw TarError.Invalid($"owner {id} is out of range", name);

    private static uint Device(TarEntry entry) =>
        entry.DeviceMajor is >= 0 and <= MaxMajor && entry.DeviceMinor is >= 0 and <= MaxMinor
            ? EncodeDevice((uint)entry.DeviceMajor, (uint)entry.DeviceMinor)
            : throw TarError.Invalid($"device {entry.DeviceMajor}:{entry.DeviceMinor} is out of range", entry.Name);

    private static uint EncodeDevice(uint major, uint minor) => (minor & 0xff) | (major << 8) | ((minor & ~0xffu) << 12);

    /// <summary>Any bytes: it is only ever followed inside the image.</summary>
    private static byte[] LinkTarget(TarEntry entry) =>
        entry.LinkName.Length is > 0 and <= LayerLimits.MaxPath && !entry.LinkName.Contains((byte)0)
            ? entry.LinkName
            : throw TarError.Invalid("a symbolic link with an empty or overlong target", entry.Name);

    private static byte[] Xattrs(TarEntry entry, NodeKind kind) => LayerXattrs.Encode(entry, kind);
}
