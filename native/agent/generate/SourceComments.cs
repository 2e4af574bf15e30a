using System.Text.RegularExpressions;

namespace MicroVm.Generate;

/// <summary>
/// The comments of the definition's source: the summary of each type, the lines above each field and enum value. They
/// go into the README, for readers without C#.
/// </summary>
internal sealed partial class SourceComments
{
    private readonly Dictionary<string, string> _comments = [];

    public SourceComments(string path)
    {
        string type = "";
        List<string> pending = [];
        foreach (string line in File.ReadLines(path).Select(l => l.Trim()))
        {
            if (line.StartsWith("//", StringComparison.Ordinal))
            {
                pending.Add(Tags().Replace(line.TrimStart('/'), "").Trim());
                continue;
            }

            Match declared = TypeLine().Match(line);
            Match member = MemberLine().Match(line);
            if (declared.Success)
            {
                type = declared.Groups[1].Value;
                _comments[type] = Join(pending);
            }
            else if (member.Success)
            {
                _comments[$"{type}.{member.Groups[1].Value}"] = Join(pending);
            }

            if (declared.Success || member.Success || line.Length == 0)
            {
                pending.Clear();
            }
        }
    }

    /// <summary>Of a type, or of <c>Type.Member</c>; empty where there is none.</summary>
    public string this[string name] => _comments.GetValueOrDefault(name, "");

    private static string Join(List<string> lines) => string.Join(" ", lines.Where(l => l.Length > 0));

    [GeneratedRegex(@"^public (?:sealed record|enum) (\w+)")]
    private static partial Regex TypeLine();

    // A field of a record, or a value of an enum.
    [GeneratedRegex(@"^(?:\[property: Key\(\d+\).*?\] [\w<>\[\]]+ )?(\w+)(?: = \d+,|,|\))")]
    private static partial Regex MemberLine();

    [GeneratedRegex("</?[a-z][^>]*>")]
    private static partial Regex Tags();
}
