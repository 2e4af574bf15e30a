using System.Globalization;
using System.Text;

namespace MicroVm.Images.RootDisks;

/// <summary>
/// A VMDK descriptor that lays files one after the other as one disk (VMware Virtual Disk Format 1.1, "The Descriptor
/// File", createType monolithicFlat). QEMU takes several FLAT extents and reads them as raw files; relative names are
/// relative to the descriptor.
/// </summary>
internal static class VmdkDescriptor
{
    public const int SectorSize = 512;

    /// <summary>
    /// The comment before the extents must stay: after an empty line QEMU 7.2 (block/vmdk.c, whose scanf skips white
    /// space) takes the first extent twice.
    /// </summary>
    private const string Head = """
        # Disk DescriptorFile
        version=1
        CID=fffffffe
        parentCID=ffffffff
        createType="monolithicFlat"
        # Extent description

        """;

    /// <param name="extents">File names without quotes or control characters, and bytes, whole sectors and not 0.</param>
    public static string Format(IEnumerable<(string Name, long Length)> extents)
    {
        var text = new StringBuilder(Head);
        foreach ((string name, long length) in extents)
        {
            ArgumentOutOfRangeException.ThrowIfNegativeOrZero(length);
            ArgumentOutOfRangeException.ThrowIfNotEqual(length % SectorSize, 0);
            text.Append(CultureInfo.InvariantCulture, $"RW {length / SectorSize} FLAT \"{name}\" 0\n");
        }

        return text.Append("# The Disk Data Base\nddb.adapterType = \"ide\"\nddb.virtualHWVersion = \"4\"\n").ToString();
    }
}
