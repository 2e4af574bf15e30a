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

    /// <param name="extents">File names without quotes or control characters, and bytes, whole sectors and not 0.</param>
    public static string Format(IEnumerable<(string Name, long Length)> extents)
    {
        var text = new StringBuilder("# Disk DescriptorFile\nversion=1\nCID=fffffffe\nparentCID=ffffffff\ncreateType=\"monolithicFlat\"\n\n");
        foreach ((string name, long length) in extents)
        {
            ArgumentOutOfRangeException.ThrowIfNegativeOrZero(length);
            ArgumentOutOfRangeException.ThrowIfNotEqual(length % SectorSize, 0);
            text.Append(CultureInfo.InvariantCulture, $"RW {length / SectorSize} FLAT \"{name}\" 0\n");
        }

        return text.Append("\nddb.adapterType = \"ide\"\nddb.virtualHWVersion = \"4\"\n").ToString();
    }
}
