using System.Text;

namespace MicroVm.Images.Tar;

/// <summary>Errors about an archive, one line each, with hostile names made printable.</summary>
internal static class TarError
{
    private const int MaxShownName = 120;

    public static ImageException Invalid(string what) => new(ImageErrorKind.Invalid, $"invalid layer: {what}");

    public static ImageException Invalid(string what, ReadOnlySpan<byte> name) => Invalid($"{what}: \"{Printable(name)}\"");

    public static ImageException Truncated() => Invalid("the archive ends in the middle of an entry");

    /// <summary>ASCII as it is, every other byte as \xNN, cut when long.</summary>
    public static string Printable(ReadOnlySpan<byte> name)
    {
        var text = new StringBuilder();
        foreach (byte b in name.Length > MaxShownName ? name[..MaxShownName] : name)
        {
            _ = b is >= 0x20 and < 0x7f and not (byte)'"' and not (byte)'\\'
                ? text.Append((char)b)
                : text.Append("\\x").Append(b.ToString("x2", null));
        }

        return name.Length > MaxShownName ? text.Append('…').ToString() : text.ToString();
    }
}
