using System.IO.Enumeration;
using MicroVm.Images.Store;

namespace MicroVm.Daemon.Endpoints;

/// <summary>The filters of <c>GET /images/json</c>.</summary>
internal sealed class ImageFilter(Filters filters, Func<string, StoredImage> find)
{
    /// <param name="all">Those, too, that are only steps of builds on the way to others.</param>
    public IEnumerable<StoredImage> Apply(IReadOnlyList<StoredImage> images, bool all)
    {
        long before = filters.Of("before").Select(CreatedOf).DefaultIfEmpty(long.MaxValue).Min();
        long since = filters.Of("since").Select(CreatedOf).DefaultIfEmpty(long.MinValue).Max();
        bool? dangling = filters.Has("dangling") ? filters.Flag("dangling", false) : null;
        return images
            .Where(image => (all && dangling != true) || image.RepoTags.Count > 0 || !image.HasChildren)
            .Where(image => ImageDocuments.Created(image) < before && ImageDocuments.Created(image) > since)
            .Where(image => dangling is null || dangling == (image.RepoTags.Count == 0))
            .Where(image => filters.MatchesLabels(image.Config.Labels) && IsBefore(filters, image))
            .Select(WithMatchingNames)
            .OfType<StoredImage>();
    }

    /// <summary><c>until</c>: made before that time.</summary>
    public static bool IsBefore(Filters filters, StoredImage image) => filters.Of("until").All(text =>
        Timestamps.Parse("until", text, DateTimeOffset.UtcNow) is not { } until
        || ImageDocuments.Created(image) < until.ToUnixTimeSeconds());

    private long CreatedOf(string name) => ImageDocuments.Created(find(name));

    /// <summary>With <c>reference</c> only the names that match are listed, and no image without one.</summary>
    private StoredImage? WithMatchingNames(StoredImage image)
    {
        if (!filters.Has("reference"))
        {
            return image;
        }

        string[] tags = [.. image.RepoTags.Where(IsWanted)];
        string[] digests = [.. image.RepoDigests.Where(IsWanted)];
        return tags.Length + digests.Length == 0 ? null : image with { RepoTags = tags, RepoDigests = digests };
    }

    private bool IsWanted(string name) => filters.Of("reference").Any(pattern => Matches(pattern, name));

    /// <summary>Shell pattern over the whole name or over the name without tag; <c>*</c> does not cross a slash.</summary>
    private static bool Matches(string pattern, string name)
    {
        string repository = WithoutTag(name);
        return MatchesParts(pattern, name) || MatchesParts(pattern, repository);
    }

    private static bool MatchesParts(string pattern, string name)
    {
        string[] patterns = pattern.Split('/');
        string[] parts = name.Split('/');
        return patterns.Length == parts.Length
            && patterns.Zip(parts).All(pair => FileSystemName.MatchesSimpleExpression(pair.First, pair.Second, ignoreCase: false));
    }

    private static string WithoutTag(string name)
    {
        int at = name.IndexOf('@', StringComparison.Ordinal);
        int colon = name.LastIndexOf(':');
        return at >= 0 ? name[..at] : colon > name.LastIndexOf('/') ? name[..colon] : name;
    }
}
