using System.Diagnostics.CodeAnalysis;

namespace MicroVm.Images.References;

// Docker's normalisation of names: the grammar of github.com/distribution/reference (reference.go, normalize.go).
public sealed partial record ImageReference
{
    private const string InvalidFormat = "invalid reference format";
    private const int MaxTextLength = 4096;

    /// <summary>Reads a name as a user types it. Without tag and digest it means <c>latest</c>.</summary>
    /// <exception cref="ImageException">Invalid; the message is Docker's.</exception>
    public static ImageReference Parse(string text) => TryParse(text, out ImageReference? reference, out string? error)
        ? reference
        : throw new ImageException(ImageErrorKind.Invalid, error);

    public static bool TryParse(string? text, [NotNullWhen(true)] out ImageReference? reference) =>
        TryParse(text, out reference, out _);

    private static bool TryParse(
        string? text, [NotNullWhen(true)] out ImageReference? reference, [NotNullWhen(false)] out string? error)
    {
        reference = null;
        error = InvalidFormat;
        if (string.IsNullOrEmpty(text) || text.Length > MaxTextLength)
        {
            return false;
        }

        if (ReferenceGrammar.IsIdentifier(text))
        {
            error = $"invalid repository name ({text}), cannot specify 64-byte hexadecimal strings";
            return false;
        }

        (string domain, string remainder) = SplitDomain(text);
        return TryParse(domain, remainder, out reference, ref error);
    }

    private static bool TryParse(
        string domain, string remainder, [NotNullWhen(true)] out ImageReference? reference, ref string? error)
    {
        reference = null;
        int nameEnd = remainder.AsSpan().IndexOfAny(':', '@');
        string path = nameEnd < 0 ? remainder : remainder[..nameEnd];
        if (path.AsSpan().ContainsAnyInRange('A', 'Z'))
        {
            error = $"invalid reference format: repository name ({path}) must be lowercase";
            return false;
        }

        if (!ReferenceGrammar.IsDomain(domain) || !ReferenceGrammar.IsPath(path))
        {
            return false;
        }

        if (domain.Length + 1 + path.Length > ReferenceGrammar.MaxNameLength)
        {
            error = "repository name must not be more than 255 characters";
            return false;
        }

        return TryParseSuffix(remainder.AsSpan(path.Length), out string? tag, out Digest? digest, ref error)
            && (reference = new(domain, path, tag, digest)) is not null;
    }

    private static bool TryParseSuffix(ReadOnlySpan<char> suffix, out string? tag, out Digest? digest, ref string? error)
    {
        tag = null;
        digest = null;
        int at = suffix.IndexOf('@');
        ReadOnlySpan<char> tagPart = at < 0 ? suffix : suffix[..at];
        if (tagPart.Length > 0)
        {
            tag = tagPart[1..].ToString();
            if (!ReferenceGrammar.IsTag(tag))
            {
                return false;
            }
        }

        if (at >= 0)
        {
            return TryParseDigest(suffix[(at + 1)..], ref digest, ref error);
        }

        tag ??= DefaultTag;
        return true;
    }

    private static bool TryParseDigest(ReadOnlySpan<char> text, ref Digest? digest, ref string? error)
    {
        if (!ReferenceGrammar.IsDigest(text))
        {
            return false;
        }

        if (!Images.Digest.TryParse(text.ToString(), out Digest parsed))
        {
            error = text.StartsWith(Images.Digest.Prefix) ? "invalid checksum digest length" : "unsupported digest algorithm";
            return false;
        }

        digest = parsed;
        return true;
    }

    // What stands before the first slash is a host when it could not be a path component of a user's repository: it
    // has a dot or a colon, is "localhost", or has capitals.
    private static (string Domain, string Remainder) SplitDomain(string text)
    {
        int slash = text.IndexOf('/');
        if (slash < 0)
        {
            return (DefaultDomain, OfficialPrefix + text);
        }

        string first = text[..slash];
        string rest = text[(slash + 1)..];
        if (first is LegacyDefaultDomain or DefaultDomain)
        {
            return (DefaultDomain, rest.Contains('/') ? rest : OfficialPrefix + rest);
        }

        bool isHost = first == "localhost" || first.AsSpan().ContainsAny('.', ':') || first.AsSpan().ContainsAnyInRange('A', 'Z');
        return isHost ? (first, rest) : (DefaultDomain, text);
    }
}
