namespace MicroVm.Images.References;

/// <summary>A normalised image name: registry host, repository path, and tag or digest.</summary>
/// <param name="Domain">docker.io, localhost:5000, …</param>
/// <param name="Path">library/python, …</param>
/// <param name="Tag">null only when there is a digest.</param>
public sealed partial record ImageReference(string Domain, string Path, string? Tag, Digest? Digest)
{
    public const string DefaultDomain = "docker.io";
    public const string DefaultTag = "latest";

    private const string LegacyDefaultDomain = "index.docker.io";
    private const string OfficialPrefix = "library/";

    /// <summary>Domain and path: <c>docker.io/library/python</c>.</summary>
    public string Name => Domain + "/" + Path;

    /// <summary>The name as people write it: <c>python</c>, <c>bitnami/redis</c>, <c>localhost:5000/x</c>.</summary>
    public string FamiliarName
    {
        get
        {
            if (Domain != DefaultDomain)
            {
                return Name;
            }

            bool official = Path.StartsWith(OfficialPrefix, StringComparison.Ordinal) && !Path.AsSpan(OfficialPrefix.Length).Contains('/');
            string familiar = official ? Path[OfficialPrefix.Length..] : Path;
            return SplitDomain(familiar).Domain == Domain ? familiar : Name;
        }
    }

    /// <summary>The familiar name with its tag and digest, whichever there are.</summary>
    public string Familiar => FamiliarName + Suffix;

    /// <summary>What the registry is asked for: the digest when there is one, else the tag.</summary>
    public string ManifestReference => Digest?.ToString() ?? Tag ?? DefaultTag;

    /// <summary>Neither a tag nor a digest stands behind the name: for push and save all its tags are meant.</summary>
    public static bool IsNameOnly(string text) =>
        !text.Contains('@', StringComparison.Ordinal) && !text[(text.LastIndexOf('/') + 1)..].Contains(':', StringComparison.Ordinal);

    private string Suffix => (Tag is null ? "" : ":" + Tag) + (Digest is { } digest ? "@" + digest : "");

    /// <summary>The full form, which <see cref="Parse"/> reads back to an equal reference.</summary>
    public override string ToString() => Name + Suffix;
}
