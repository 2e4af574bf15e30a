namespace MicroVm.Engine;

/// <summary>Makes a string from a guest or a client fit for an error message or a log: one line, bounded.</summary>
internal static class OneLine
{
    public static string Of(string text, int maxLength = 1024)
    {
        string cut = text.Length > maxLength ? text[..maxLength] + "…" : text;
        return cut.Any(char.IsControl)
            ? string.Concat(cut.Select(c => char.IsControl(c) ? ' ' : c)).Trim()
            : cut;
    }
}
