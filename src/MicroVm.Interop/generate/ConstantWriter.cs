using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.RegularExpressions;
using MicroVm.Interop.Generate.Clang;

namespace MicroVm.Interop.Generate;

/// <summary>
/// Writes macros that are values. Which ones are, and what type and value they have, the compiler says: each initialises a variable
/// in a second parse, and those that are no expression fail there.
/// </summary>
internal sealed partial class ConstantWriter(Library library, Headers headers, TypeMapper types, TranslationUnit unit)
{
    private const string Prefix = "mvm_value_of_";
    private readonly Dictionary<string, MacroComments> _comments = [];

    public void Write(CodeText code)
    {
        foreach (Cursor constant in headers.Enums.Where(e => headers.NameOf(e) is null).SelectMany(e => e.Children()))
        {
            code.Separate();
            code.Summary(constant.Comment);
            code.Line($"public const int {constant.Spelling} = {EnumWriter.Value(constant, "int")};");
        }

        Cursor[] macros = [.. headers.Macros.Where(HasValue)];
        using var values = new TranslationUnit(library.Text + string.Concat(macros.Select(m => $"__auto_type {Prefix}{m.Spelling} = {m.Spelling};\n")));
        Dictionary<string, Cursor> variables = values.Root.Children()
            .Where(c => c.Kind == CursorKind.Variable && c.Spelling.StartsWith(Prefix, StringComparison.Ordinal))
            .ToDictionary(c => c.Spelling[Prefix.Length..]);
        foreach (Cursor macro in macros)
        {
            if (variables.TryGetValue(macro.Spelling, out Cursor variable) && Value(variable, macro.Spelling) is { } declaration)
            {
                code.Separate();
                WriteConstant(code, macro, declaration);
            }
        }
    }

    /// <summary>Some name themselves, to be seen by the preprocessor: those are enumerators.</summary>
    private static bool HasValue(Cursor macro) => Body(macro) is { Length: > 0 } body && body != macro.Spelling;

    /// <summary>What the macro stands for, on one line.</summary>
    private static string Body(Cursor macro) => Space().Replace(TranslationUnit.Text(macro.Extent)[macro.Spelling.Length..], " ").Trim();

    private void WriteConstant(CodeText code, Cursor macro, string declaration)
    {
        code.Summary(CommentOf(macro));
        string text = Body(macro).Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal);
        code.Line($"[NativeTypeName(\"#define {macro.Spelling} {text}\")]");
        code.Line(declaration);
    }

    private string CommentOf(Cursor macro)
    {
        string path = macro.Location.File;
        if (!_comments.TryGetValue(path, out MacroComments? comments))
        {
            _comments[path] = comments = new MacroComments(path, unit.Comments(path));
        }

        return comments.Of(macro.Extent.Start.Expand().Line, macro.Extent.End.Expand().Line);
    }

    private string? Value(Cursor variable, string name)
    {
        nint result = LibClang.Evaluate(variable);
        if (result == 0)
        {
            return null;
        }

        try
        {
            return LibClang.KindOf(result) switch
            {
                EvaluationKind.Int => Integer(variable, name, LibClang.AsInt64(result)),
                EvaluationKind.String => $"public static ReadOnlySpan<byte> {name} => \"{Marshal.PtrToStringUTF8(LibClang.AsString(result))}\"u8;",
                _ => null,
            };
        }
        finally
        {
            LibClang.DisposeResult(result);
        }
    }

    private string? Integer(Cursor variable, string name, long value)
    {
        CursorType type = variable.Type.Canonical;
        string? mapped = type.Kind is TypeKind.Pointer ? null : types.Map(type) switch
        {
            "nuint" => "ulong",
            "nint" => "long",
            var other => other,
        };
        string text = mapped == "ulong" ? ((ulong)value).ToString(CultureInfo.InvariantCulture) : value.ToString(CultureInfo.InvariantCulture);
        return mapped is null ? null : $"public const {mapped} {name} = {text};";
    }

    // A backslash goes on with the next line.
    [GeneratedRegex(@"(?:\s|\\\n)+")]
    private static partial Regex Space();
}
