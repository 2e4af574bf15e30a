using System.Security.Cryptography;

namespace MicroVm.Images;

/// <summary>
/// A content address, <c>sha256:</c> and 64 lower-case hex digits (OCI image-spec, descriptor.md). Safe as a file
/// name by its <see cref="Hex"/>.
/// </summary>
public readonly record struct Digest
{
    public const string Prefix = "sha256:";

    private Digest(string hex) => Hex = hex;

    public string Hex { get; }

    /// <summary>The SHA-256 of a blob.</summary>
    public static Digest Of(ReadOnlySpan<byte> blob) => FromHash(SHA256.HashData(blob));

    public static Digest FromHash(ReadOnlySpan<byte> sha256) => sha256.Length == 32
        ? new(Convert.ToHexStringLower(sha256))
        : throw new ArgumentException("A SHA-256 hash has 32 bytes.", nameof(sha256));

    public static bool TryParse(string? text, out Digest digest)
    {
        digest = default;
        if (text is null || text.Length != Prefix.Length + 64 || !text.StartsWith(Prefix, StringComparison.Ordinal))
        {
            return false;
        }

        string hex = text[Prefix.Length..];
        if (!hex.All(c => char.IsAsciiDigit(c) || c is >= 'a' and <= 'f'))
        {
            return false;
        }

        digest = new(hex);
        return true;
    }

    public static Digest Parse(string? text) => TryParse(text, out Digest digest)
        ? digest
        : throw new FormatException($"not a sha256 digest: '{text}'");

    public override string ToString() => Prefix + Hex;
}
