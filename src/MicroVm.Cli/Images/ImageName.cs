namespace MicroVm.Cli.Images;

/// <summary>A reference to an image in a registry, normalised as Docker does (docker.io, library/, latest).</summary>
/// <param name="Domain">docker.io when none was given.</param>
/// <param name="Path">Repository within the registry.</param>
/// <param name="Tag">Null with a digest alone, or when none was given.</param>
/// <param name="Digest">sha256:…, or null.</param>
internal sealed record ImageName(string Domain, string Path, string? Tag, string? Digest)
{
    private const string DefaultDomain = "docker.io";
    private const string DefaultPrefix = "library/";
    private const string DefaultTag = "latest";

    /// <summary>Nothing after the name: latest is meant.</summary>
    internal bool IsBare => Tag is null && Digest is null;

    /// <summary>For the API's fromImage.</summary>
    internal string Repository => $"{Domain}/{Path}";

    /// <summary>For the API's tag: a digest wins.</summary>
    internal string TagOrDigest => Digest ?? Tag ?? DefaultTag;

    /// <summary>With docker.io in front.</summary>
    internal string Canonical => Repository + Suffix;

    /// <summary>As users write it: <c>python:3.11-slim</c>.</summary>
    internal string Familiar => FamiliarRepository + Suffix;

    private string FamiliarRepository => Domain != DefaultDomain ? Repository
        : Path.StartsWith(DefaultPrefix, StringComparison.Ordinal) ? Path[DefaultPrefix.Length..]
        : Path;

    private string Suffix => Digest is null ? $":{Tag ?? DefaultTag}" : (Tag is null ? "" : $":{Tag}") + $"@{Digest}";

    /// <exception cref="CliException">invalid reference format</exception>
    internal static ImageName Parse(string text)
    {
        (string rest, string? digest) = Cut(text, text.IndexOf('@', StringComparison.Ordinal));
        int colon = rest.LastIndexOf(':');
        (rest, string? tag) = Cut(rest, colon > rest.LastIndexOf('/') ? colon : -1);
        int slash = rest.IndexOf('/', StringComparison.Ordinal);
        bool hasDomain = slash > 0 && (rest.AsSpan(0, slash).ContainsAny('.', ':') || rest[..slash] == "localhost");
        string domain = hasDomain && rest[..slash] != "index.docker.io" ? rest[..slash] : DefaultDomain;
        string path = hasDomain ? rest[(slash + 1)..] : rest;
        path = domain == DefaultDomain && !path.Contains('/', StringComparison.Ordinal) ? DefaultPrefix + path : path;
        Check(rest, domain, path, tag, digest);
        return new ImageName(domain, path, tag, digest);
    }

    private static (string Before, string? After) Cut(string text, int index) =>
        index < 0 ? (text, null) : (text[..index], text[(index + 1)..]);

    private static void Check(string rest, string domain, string path, string? tag, string? digest)
    {
        if (rest.Length > 0 && path.Any(char.IsAsciiLetterUpper))
        {
            throw new CliException($"invalid reference format: repository name ({path}) must be lowercase");
        }

        bool valid = rest.Length > 0
            && domain.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '.' or '-' or ':' or '[' or ']')
            && char.IsAsciiLetterOrDigit(domain.TrimStart('[')[0])
            && path.Split('/').All(IsComponent)
            && (tag is null || IsTag(tag))
            && (digest is null || IsDigest(digest));
        if (!valid)
        {
            throw new CliException("invalid reference format");
        }
    }

    // Whether the separators are in an allowed order is left to the daemon.
    private static bool IsComponent(string text) =>
        text.Length > 0
        && char.IsAsciiLetterOrDigit(text[0])
        && char.IsAsciiLetterOrDigit(text[^1])
        && text.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '.' or '_' or '-');

    private static bool IsTag(string text) =>
        text.Length is > 0 and <= 128
        && text[0] is not ('.' or '-')
        && text.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '.' or '_' or '-');

    private static bool IsDigest(string text) =>
        text.Length == 71 && text.StartsWith("sha256:", StringComparison.Ordinal) && text.Skip(7).All(char.IsAsciiHexDigitLower);
}
