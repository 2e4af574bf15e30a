using System.Globalization;
using System.Text.Json;
using MicroVm.Api;
using MicroVm.Api.Images;
using MicroVm.Cli.Arguments;
using MicroVm.Cli.Output;
using MicroVm.Cli.Templates;

namespace MicroVm.Cli.Commands;

internal sealed class ImagesCommand : Command
{
    private const string None = "<none>";

    private static readonly Dictionary<string, string> s_headers = new()
    {
        ["Repository"] = "REPOSITORY",
        ["Tag"] = "TAG",
        ["Digest"] = "DIGEST",
        ["ID"] = "IMAGE ID",
        ["CreatedSince"] = "CREATED",
        ["CreatedAt"] = "CREATED AT",
        ["Size"] = "SIZE",
        ["Containers"] = "CONTAINERS",
        ["SharedSize"] = "SHARED SIZE",
        ["UniqueSize"] = "UNIQUE SIZE",
        ["VirtualSize"] = "SIZE",
    };

    private readonly ListFilters _filters = new();
    private bool _all;
    private bool _quiet;
    private bool _digests;
    private bool _untruncated;
    private string? _format;

    /// <summary>One line of the list: an image has one for each of its names.</summary>
    private sealed record Entry(ImageSummary Image, string Repository, string Tag, string Digest);

    internal override void Define(FlagSet flags)
    {
        flags.Switch("all", 'a', "Show all images (default hides intermediate images)", value => _all = value);
        flags.Switch("digests", '\0', "Show digests", value => _digests = value);
        flags.Text("filter", 'f', "Filter output based on conditions provided", _filters.Add, "filter");
        flags.Text("format", '\0', "Format output: 'table', 'table TEMPLATE', 'json' or a Go template", value => _format = value);
        flags.Switch("no-trunc", '\0', "Don't truncate output", value => _untruncated = value);
        flags.Switch("quiet", 'q', "Only show image IDs", value => _quiet = value);
    }

    internal override int Execute(CommandContext context, List<string> operands)
    {
        if (operands.Count == 1)
        {
            _filters.Add("reference", operands[0]);
        }

        string filters = _filters.ToQuery() is { } query ? $"&{query}" : "";
        byte[] answer = context.Client.Request("GET", $"/images/json?all={(_all ? 1 : 0)}{filters}");
        var entries = (JsonSerializer.Deserialize(answer, ApiJsonContext.Api.IReadOnlyListImageSummary) ?? [])
            .OrderByDescending(image => image.Created)
            .SelectMany(Entries)
            .ToList();
        Write(context.Out, entries);
        return ExitCodes.Success;
    }

    private void Write(TextOutput output, List<Entry> entries)
    {
        if (!RowFormatter.IsDefault(_format))
        {
            new RowFormatter(s_headers).Write(output, _format!, entries.Select(Row));
        }
        else if (_quiet)
        {
            foreach (string id in entries.Select(Id).Distinct())
            {
                output.WriteLine(id);
            }
        }
        else
        {
            WriteTable(output, entries);
        }
    }

    private void WriteTable(TextOutput output, List<Entry> entries)
    {
        string[] Cells(string repository, string tag, string digest, string id, string created, string size) =>
            _digests ? [repository, tag, digest, id, created, size] : [repository, tag, id, created, size];

        var table = new Table(Cells("REPOSITORY", "TAG", "DIGEST", "IMAGE ID", "CREATED", "SIZE"));
        foreach (Entry entry in entries)
        {
            table.Add(Cells(entry.Repository, entry.Tag, entry.Digest, Id(entry), CreatedSince(entry), HumanSize.Decimal(entry.Image.Size, 3)));
        }

        table.Write(output);
    }

    private static IEnumerable<Entry> Entries(ImageSummary image)
    {
        List<(string Repository, string Digest)> digests = [.. Named(image.RepoDigests).Select(SplitDigest)];
        List<(string Repository, string Tag)> tags = [.. Named(image.RepoTags).Select(SplitTag)];
        if (tags.Count > 0)
        {
            return tags.Select(tag => new Entry(
                image, tag.Repository, tag.Tag, digests.Find(digest => digest.Repository == tag.Repository).Digest ?? None));
        }

        return digests.Count > 0
            ? digests.Select(digest => new Entry(image, digest.Repository, None, digest.Digest))
            : [new Entry(image, None, None, None)];
    }

    // Daemons say "no name" in three ways: null, an empty list, <none>:<none>.
    private static IEnumerable<string> Named(IReadOnlyList<string>? names) =>
        (names ?? []).Where(name => !name.StartsWith(None, StringComparison.Ordinal));

    private static (string Repository, string Tag) SplitTag(string name)
    {
        int colon = name.LastIndexOf(':');
        return colon > name.LastIndexOf('/') ? (name[..colon], name[(colon + 1)..]) : (name, None);
    }

    private static (string Repository, string Digest) SplitDigest(string name)
    {
        int at = name.IndexOf('@', StringComparison.Ordinal);
        return at < 0 ? (name, None) : (name[..at], name[(at + 1)..]);
    }

    private Dictionary<string, string> Row(Entry entry) => new()
    {
        ["Repository"] = entry.Repository,
        ["Tag"] = entry.Tag,
        ["Digest"] = entry.Digest,
        ["ID"] = Id(entry),
        ["CreatedSince"] = CreatedSince(entry),
        ["CreatedAt"] = CreatedAt(entry).ToString("yyyy-MM-dd HH:mm:ss +0000 'UTC'", CultureInfo.InvariantCulture),
        ["Size"] = HumanSize.Decimal(entry.Image.Size, 3),
        ["VirtualSize"] = HumanSize.Decimal(entry.Image.Size, 3),
        ["Containers"] = Count(entry.Image.Containers),
        ["SharedSize"] = entry.Image.SharedSize < 0 ? "N/A" : HumanSize.Decimal(entry.Image.SharedSize, 3),
        ["UniqueSize"] = entry.Image.SharedSize < 0 ? "N/A" : HumanSize.Decimal(entry.Image.Size - entry.Image.SharedSize, 3),
    };

    private string Id(Entry entry) => ShortId.Of(entry.Image.Id, _untruncated);

    private static string Count(long number) => number < 0 ? "N/A" : number.ToString(CultureInfo.InvariantCulture);

    private static DateTimeOffset CreatedAt(Entry entry) => DateTimeOffset.FromUnixTimeSeconds(entry.Image.Created);

    private static string CreatedSince(Entry entry) => HumanDuration.Format(DateTimeOffset.UtcNow - CreatedAt(entry)) + " ago";
}
