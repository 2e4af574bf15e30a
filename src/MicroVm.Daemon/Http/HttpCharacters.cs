using System.Buffers;

namespace MicroVm.Daemon.Http;

/// <summary>Character classes of RFC 9110, section 5.6.</summary>
internal static class HttpCharacters
{
    public static readonly SearchValues<byte> Token = SearchValues.Create(
        "!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"u8);

    public static readonly SearchValues<byte> HexDigits = SearchValues.Create("0123456789abcdefABCDEF"u8);

    /// <summary>What a header value must not hold: control characters other than the tab.</summary>
    public static readonly SearchValues<byte> ForbiddenInValue = SearchValues.Create(
        [.. Enumerable.Range(0, 0x20).Where(c => c != '\t').Select(c => (byte)c), 0x7f]);

    /// <summary>What a request target is made of.</summary>
    public static readonly SearchValues<byte> Visible = SearchValues.Create(
        [.. Enumerable.Range(0x21, 0x7f - 0x21).Select(c => (byte)c)]);

    public static bool IsToken(ReadOnlySpan<byte> text) => !text.IsEmpty && !text.ContainsAnyExcept(Token);
}
