namespace MicroVm.Interop.Generate;

/// <summary>The comments of macros, which libclang gives to declarations alone: behind one on its line, or right above it.</summary>
internal sealed class MacroComments
{
    private readonly ILookup<int, string> _behind;
    private readonly ILookup<int, string> _alone;

    public MacroComments(string path, List<(string Text, int First, int Last)> comments)
    {
        string[] lines = File.ReadAllLines(path);
        bool IsAlone(int line) => lines[line - 1].TrimStart().StartsWith('/');
        _behind = comments.Where(c => !IsAlone(c.First)).ToLookup(c => c.First, c => c.Text);
        _alone = comments.Where(c => IsAlone(c.First)).ToLookup(c => c.Last, c => c.Text);
    }

    /// <summary>Of a macro by its lines; empty where there is none.</summary>
    public string Of(int first, int last) => _behind[last].LastOrDefault() ?? _alone[first - 1].LastOrDefault() ?? "";
}
