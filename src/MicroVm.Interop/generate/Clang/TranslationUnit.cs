using System.Runtime.InteropServices;
using System.Text;

namespace MicroVm.Interop.Generate.Clang;

/// <summary>C text, parsed with the system's headers for Linux on x86-64.</summary>
internal sealed unsafe class TranslationUnit : IDisposable
{
    private const uint DetailedPreprocessingRecord = 1;
    private const uint KeepGoing = 0x200;
    private const int Error = 3;
    private const string Name = "headers.c";

    // Ordinary comments document these headers as often as those that a documentation tool reads.
    private static readonly string[] s_arguments =
        ["-x", "c", "-std=gnu17", "--target=x86_64-linux-gnu", "-fparse-all-comments",
         "-fretain-comments-from-system-headers", "-ferror-limit=0", "-Wno-everything"];

    private readonly nint _index = LibClang.CreateIndex(0, 0);
    private readonly nint _unit;

    public TranslationUnit(string text)
    {
        byte[] content = Encoding.UTF8.GetBytes(text);
        nint name = Marshal.StringToCoTaskMemUTF8(Name);
        fixed (byte* bytes = content)
        {
            var file = new UnsavedFile(name, (nint)bytes, (nuint)content.Length);
            int error = LibClang.Parse(_index, Name, s_arguments, s_arguments.Length, &file, 1, DetailedPreprocessingRecord | KeepGoing, out _unit);
            Marshal.FreeCoTaskMem(name);
            if (error != 0)
            {
                throw new InvalidOperationException($"libclang can't parse (error {error})");
            }
        }
    }

    public Cursor Root => LibClang.UnitCursor(_unit);

    public IEnumerable<string> Errors()
    {
        for (uint i = 0; i < LibClang.DiagnosticCount(_unit); i++)
        {
            nint diagnostic = LibClang.GetDiagnostic(_unit, i);
            string text = LibClang.FormatDiagnostic(diagnostic, 1).Take();
            bool isError = LibClang.GetSeverity(diagnostic) >= Error;
            LibClang.DisposeDiagnostic(diagnostic);
            if (isError)
            {
                yield return text;
            }
        }
    }

    /// <summary>The source text of a range.</summary>
    public static string Text(SourceRange range)
    {
        (string file, int start) = range.Start.Offset();
        (_, int end) = range.End.Offset();
        return Encoding.UTF8.GetString(File.ReadAllBytes(file).AsSpan(start, end - start));
    }

    /// <summary>The comments of a whole file with the lines on which they begin and end.</summary>
    public List<(string Text, int First, int Last)> Comments(string path)
    {
        nint file = LibClang.GetFile(_unit, path);
        SourceRange whole = LibClang.Range(
            LibClang.LocationAt(_unit, file, 0), LibClang.LocationAt(_unit, file, (uint)new FileInfo(path).Length));
        return Read(whole);
    }

    public void Dispose()
    {
        LibClang.DisposeUnit(_unit);
        LibClang.DisposeIndex(_index);
    }

    private List<(string Text, int First, int Last)> Read(SourceRange range)
    {
        LibClang.Tokenize(_unit, range, out Token* tokens, out uint count);
        var comments = new List<(string, int, int)>();
        for (uint i = 0; i < count; i++)
        {
            if (LibClang.KindOf(tokens[i]) == TokenKind.Comment)
            {
                SourceRange extent = LibClang.TokenExtent(_unit, tokens[i]);
                comments.Add((LibClang.TokenSpelling(_unit, tokens[i]).Take(), extent.Start.Expand().Line, extent.End.Expand().Line));
            }
        }

        LibClang.DisposeTokens(_unit, tokens, count);
        return comments;
    }
}
