using System.Text;

namespace MicroVm.Images.Tar;

/// <summary>Keys and names are bytes; Latin-1 maps each to one character and back, so that they can be strings.</summary>
internal static class Latin1
{
    public static string GetString(ReadOnlySpan<byte> bytes) => Encoding.Latin1.GetString(bytes);

    public static byte[] GetBytes(string text) => Encoding.Latin1.GetBytes(text);
}
