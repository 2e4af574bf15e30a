namespace MicroVm.Cli.Values;

/// <summary>-v: <c>[SOURCE:]TARGET[:MODE]</c>. The daemon judges it; a relative path is this side's to resolve.</summary>
internal static class BindSpec
{
    /// <summary>It names nothing but a place in the container: an anonymous volume.</summary>
    internal static bool IsAnonymous(string text) => !text.Contains(':', StringComparison.Ordinal);

    /// <summary>With the absolute path in place of one that begins with a dot; a word without is a volume's name.</summary>
    internal static string Resolve(string text)
    {
        int colon = text.IndexOf(':', StringComparison.Ordinal);
        return colon > 0 && text[0] == '.' ? Path.GetFullPath(text[..colon]) + text[colon..] : text;
    }
}
