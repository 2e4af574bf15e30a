using MicroVm.Interop.Generate.Clang;

namespace MicroVm.Interop.Generate;

/// <summary>C types as C# types of the same size, on Linux on x86-64.</summary>
internal sealed class TypeMapper(Headers headers)
{
    private static readonly HashSet<string> s_keywords =
        ["abstract", "as", "base", "checked", "event", "fixed", "in", "internal", "is", "lock", "object", "operator", "out", "params", "ref", "string", "this"];

    /// <summary>As a name of C#.</summary>
    public static string Escape(string name) => s_keywords.Contains(name) ? "@" + name : name;

    /// <exception cref="NotSupportedException">A type that the bindings have no form for.</exception>
    public string Map(CursorType type)
    {
        CursorType canonical = type.Canonical;
        return canonical.Kind switch
        {
            TypeKind.Void => "void",
            TypeKind.Bool or TypeKind.UChar or TypeKind.CharU => "byte",
            TypeKind.CharS or TypeKind.SChar => "sbyte",
            TypeKind.UShort => "ushort",
            TypeKind.Short => "short",
            TypeKind.UInt => "uint",
            TypeKind.Int => "int",
            TypeKind.ULong => "nuint",
            TypeKind.Long => "nint",
            TypeKind.ULongLong => "ulong",
            TypeKind.LongLong => "long",
            TypeKind.Float => "float",
            TypeKind.Double => "double",
            TypeKind.Pointer => Pointer(canonical.Pointee),
            TypeKind.Enum => headers.NameOf(canonical.Declaration) ?? Map(canonical.Declaration.EnumType),
            TypeKind.Record => headers.NameOf(canonical.Declaration) ?? throw new NotSupportedException($"{type.Spelling} by value"),
            _ => throw new NotSupportedException($"{type.Spelling} ({canonical.Kind})"),
        };
    }

    /// <summary>How C spells it, where that says more than the C# type; null where it does not.</summary>
    public static string? NativeName(CursorType type, string mapped)
    {
        string spelling = type.Spelling;
        return spelling.Replace(" *", "*", StringComparison.Ordinal) == mapped || spelling.Contains("(unnamed ", StringComparison.Ordinal) ? null : spelling;
    }

    private string Pointer(CursorType pointee)
    {
        CursorType canonical = pointee.Canonical;
        if (canonical.IsFunction)
        {
            IEnumerable<string> types = canonical.Arguments().Append(canonical.Result).Select(Map);
            return $"delegate* unmanaged[Cdecl]<{string.Join(", ", types)}>";
        }

        bool hidden = canonical.Kind == TypeKind.Record && headers.NameOf(canonical.Declaration) is null;
        return hidden ? "void*" : Map(pointee) + "*";
    }
}
