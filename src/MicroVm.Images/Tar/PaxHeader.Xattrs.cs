using System.Buffers;
using System.Buffers.Text;

namespace MicroVm.Images.Tar;

/// <summary>
/// Extended attributes: SCHILY.xattr.NAME with the value's raw bytes (star, GNU tar, Docker), LIBARCHIVE.xattr.NAME with
/// a percent-encoded name and a base64 value without padding (bsdtar).
/// </summary>
internal sealed partial class PaxHeader
{
    private void SetRawXattr(string name, ReadOnlySpan<byte> value)
    {
        if (name.Length > 0)
        {
            _xattrs[name] = value.ToArray();
        }
    }

    private void SetEncodedXattr(string encodedName, ReadOnlySpan<byte> value)
    {
        string name = PercentDecode(encodedName);
        if (name.Length > 0)
        {
            _encodedXattrs[name] = DecodeBase64(value);
        }
    }

    private static byte[] DecodeBase64(ReadOnlySpan<byte> value)
    {
        ReadOnlySpan<byte> digits = value.TrimEnd((byte)'=');
        byte[] padded = [.. digits, .. "==="u8[..((4 - (digits.Length % 4)) % 4)]];
        byte[] decoded = new byte[Base64.GetMaxDecodedFromUtf8Length(padded.Length)];
        return Base64.DecodeFromUtf8(padded, decoded, out _, out int length) == OperationStatus.Done
            ? decoded[..length]
            : throw TarError.Invalid("extended attribute is not base64");
    }

    private static string PercentDecode(string name)
    {
        if (!name.Contains('%', StringComparison.Ordinal))
        {
            return name;
        }

        var decoded = new System.Text.StringBuilder(name.Length);
        for (int i = 0; i < name.Length; i++)
        {
            bool isEscape = name[i] == '%' && i + 2 < name.Length
                && char.IsAsciiHexDigit(name[i + 1]) && char.IsAsciiHexDigit(name[i + 2]);
            _ = decoded.Append(isEscape ? (char)Convert.FromHexString(name.AsSpan(i + 1, 2))[0] : name[i]);
            i += isEscape ? 2 : 0;
        }

        return decoded.ToString();
    }
}
