using System.Globalization;

namespace MicroVm.Networks.Addresses;

/// <summary>A block of IPv4 addresses.</summary>
/// <param name="First">In host byte order; the bits behind the prefix are zero.</param>
/// <param name="PrefixLength">0–32.</param>
public readonly record struct Subnet(uint First, int PrefixLength)
{
    public uint Last => First | ~Mask(PrefixLength);

    /// <summary>ADDRESS/LENGTH; bits behind the prefix are dropped, as Docker does.</summary>
    public static bool TryParse(string text, out Subnet subnet)
    {
        subnet = default;
        string[] parts = text.Split('/');
        if (parts.Length != 2 || !Ipv4.TryParse(parts[0], out uint address)
            || !int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out int length) || length > 32)
        {
            return false;
        }

        subnet = new(address & Mask(length), length);
        return true;
    }

    public bool Contains(uint address) => address >= First && address <= Last;

    public bool Contains(Subnet other) => Contains(other.First) && Contains(other.Last);

    public bool Overlaps(Subnet other) => First <= other.Last && other.First <= Last;

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Ipv4.Format(First)}/{PrefixLength}");

    private static uint Mask(int length) => length == 0 ? 0 : uint.MaxValue << (32 - length);
}
