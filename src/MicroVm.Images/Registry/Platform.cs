namespace MicroVm.Images.Registry;

/// <summary>Operating system and processor of an image, in the normal form of containerd's platforms package.</summary>
/// <param name="Variant">v7 of arm, v3 of amd64; empty where there is but one, and for the base of arm64 and amd64.</param>
internal sealed record Platform(string Os, string Architecture, string Variant)
{
    public static Platform Default { get; } = new("linux", "amd64", "");

    /// <summary>Reads <c>os/arch[/variant]</c>, or an architecture alone; null is linux/amd64.</summary>
    /// <exception cref="ImageException">Invalid.</exception>
    public static Platform Parse(string? text)
    {
        if (string.IsNullOrEmpty(text))
        {
            return Default;
        }

        string[] parts = text.Split('/');
        if (parts.Length > 3 || !parts.All(IsComponent))
        {
            throw new ImageException(
                ImageErrorKind.Invalid, $"\"{Files.OneLine.Of(text)}\" is an invalid platform: it must be OS/ARCH[/VARIANT], such as linux/amd64");
        }

        return parts.Length switch
        {
            1 when parts[0] == "linux" => Default,
            1 => Normalised("linux", parts[0], null),
            _ => Normalised(parts[0], parts[1], parts.ElementAtOrDefault(2)),
        };
    }

    public static Platform Normalised(string os, string architecture, string? variant)
    {
        os = os.ToLowerInvariant();
        variant = (variant ?? "").ToLowerInvariant();
        (architecture, variant) = (architecture.ToLowerInvariant(), variant) switch
        {
            ("x86_64" or "x86-64" or "amd64", "v1") => ("amd64", ""),
            ("x86_64" or "x86-64", _) => ("amd64", variant),
            ("i386", _) => ("386", ""),
            ("aarch64" or "arm64", "8" or "v8") => ("arm64", ""),
            ("aarch64", _) => ("arm64", variant),
            ("armhf", _) or ("arm", "" or "7") => ("arm", "v7"),
            ("armel", _) or ("arm", "6") => ("arm", "v6"),
            ("arm", "5") => ("arm", "v5"),
            var other => other,
        };
        return new(os, architecture, variant);
    }

    /// <summary>How well an image of platform <paramref name="offered"/> serves this one: 0 is exact, more is worse, null not at all.</summary>
    public int? RankOf(Platform offered)
    {
        if (offered.Os != Os || offered.Architecture != Architecture)
        {
            return null;
        }

        if (offered.Variant == Variant)
        {
            return 0;
        }

        // A processor runs what was built for its lower variants (the base of amd64 and arm64 is the empty one).
        int wanted = Level(Variant);
        int given = Level(offered.Variant);
        return wanted > 0 && given > 0 && given < wanted ? wanted - given : null;
    }

    public override string ToString() => Variant.Length == 0 ? $"{Os}/{Architecture}" : $"{Os}/{Architecture}/{Variant}";

    private int Level(string variant) => (Architecture, variant) switch
    {
        ("amd64", "") => 1,
        ("arm64", "") => 8,
        (_, ['v', >= '1' and <= '9' and var digit]) => digit - '0',
        _ => 0,
    };

    private static bool IsComponent(string text) =>
        text.Length is > 0 and <= 64 && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-' or '.');
}
