using System.Text;
using MicroVm.Images.Trees;

namespace MicroVm.Engine.Builds.Copies;

/// <summary>What COPY's sources name: paths with wildcards, from the context's root or an image's.</summary>
/// <param name="keyword">COPY or ADD.</param>
/// <param name="isContext">The tree is the client's, so that what .dockerignore names is missing.</param>
internal sealed class SourceFinder(ImageContents contents, string keyword, bool isContext)
{
    private const int MaxMatches = 100_000;

    public IReadOnlyList<CopySource> Find(string source)
    {
        string path = BuildPaths.Inside(source) ?? throw Failed($"forbidden path outside the build context: {OneLine.Of(source, 200)} ()");
        if (PathPattern.HasWildcards(path))
        {
            return Match(path);
        }

        path = path.Replace("\\", "", StringComparison.Ordinal);
        ImageNode node = ScopedPath.Resolve(contents.Tree, Encoding.UTF8.GetBytes(path)).Node ?? throw NotFound(path);
        return [new(contents, node, Encoding.UTF8.GetBytes(path[(path.LastIndexOf('/') + 1)..]))];
    }

    private List<CopySource> Match(string pattern)
    {
        List<CopySource> found = [new(contents, contents.Tree.Root, [])];
        foreach (string part in pattern.Split('/'))
        {
            found = [.. found.SelectMany(source => Children(source.Node, part)).Take(MaxMatches)];
        }

        return found.Count switch
        {
            0 => throw Failed("no source files were specified"),
            MaxMatches => throw Failed($"more than {MaxMatches} files match {OneLine.Of(pattern, 200)}"),
            _ => found,
        };
    }

    private IEnumerable<CopySource> Children(ImageNode directory, string part) => directory.Entries
        .Where(entry => PathPattern.Matches(part, entry.Name.ToString()))
        .Select(entry => new CopySource(contents, entry.Node, entry.Name.Span.ToArray()));

    private EngineException NotFound(string path) => Failed(isContext
        ? $"file not found in build context or excluded by .dockerignore: stat {OneLine.Of(path, 200)}: file does not exist"
        : $"stat {OneLine.Of(path, 200)}: file does not exist");

    private EngineException Failed(string why) => new(EngineErrorKind.Invalid, $"{keyword} failed: {why}");
}
