using System.Security;

namespace MicroVm.Interop.Generate;

/// <summary>C comments as text for XML.</summary>
internal static class CommentText
{
    private const string Decoration = "*-=_/#!< \t";

    /// <summary>Its lines without stars and frames; none for a comment of frames alone.</summary>
    public static List<string> Lines(string comment)
    {
        List<string> lines = [.. comment.Split('\n').Select(Strip)];
        while (lines.Count > 0 && lines[0].Length == 0)
        {
            lines.RemoveAt(0);
        }

        while (lines.Count > 0 && lines[^1].Length == 0)
        {
            lines.RemoveAt(lines.Count - 1);
        }

        return lines;
    }

    private static string Strip(string line)
    {
        string text = line.Trim();
        if (text.All(Decoration.Contains))
        {
            return "";
        }

        foreach (string start in new[] { "/**<", "/*!<", "/**", "/*!", "/*", "///", "//", "*" })
        {
            if (text.StartsWith(start, StringComparison.Ordinal) && !text.StartsWith("*/", StringComparison.Ordinal))
            {
                text = text[start.Length..];
                break;
            }
        }

        text = text.EndsWith("*/", StringComparison.Ordinal) ? text[..^2] : text;
        return SecurityElement.Escape(text.Trim().Replace("\t", " ", StringComparison.Ordinal))!
            .Replace("&apos;", "'", StringComparison.Ordinal).Replace("&quot;", "\"", StringComparison.Ordinal);
    }
}
