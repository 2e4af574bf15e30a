using System.Runtime.InteropServices;

namespace MicroVm.Interop.Generate.Clang;

internal enum CursorKind
{
    Struct = 2,
    Union = 3,
    Enum = 5,
    Field = 6,
    EnumConstant = 7,
    Function = 8,
    Variable = 9,
    Typedef = 20,
    MacroDefinition = 501,
}

internal enum TypeKind
{
    Void = 2,
    Bool = 3,
    CharU = 4,
    UChar = 5,
    UShort = 8,
    UInt = 9,
    ULong = 10,
    ULongLong = 11,
    CharS = 13,
    SChar = 14,
    Short = 16,
    Int = 17,
    Long = 18,
    LongLong = 19,
    Float = 21,
    Double = 22,
    Pointer = 101,
    Record = 105,
    Enum = 106,
    FunctionNoProto = 110,
    FunctionProto = 111,
    ConstantArray = 112,
    IncompleteArray = 114,
}

internal enum TokenKind
{
    Punctuation,
    Keyword,
    Identifier,
    Literal,
    Comment,
}

internal enum EvaluationKind
{
    None = 0,
    Int = 1,
    Float = 2,
    String = 4,
}

/// <summary>CXString: released by <see cref="Take"/>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal readonly struct ClangString
{
    private readonly nint _data;
    private readonly uint _flags;

    /// <summary>Its text; empty where there is none.</summary>
    public string Take()
    {
        string text = Marshal.PtrToStringUTF8(LibClang.GetCString(this)) ?? "";
        LibClang.DisposeString(this);
        return text;
    }
}

/// <summary>CXUnsavedFile: a file that is not on the disk.</summary>
[StructLayout(LayoutKind.Sequential)]
internal readonly struct UnsavedFile(nint name, nint contents, nuint length)
{
    private readonly nint _name = name;
    private readonly nint _contents = contents;
    private readonly nuint _length = length;
}

/// <summary>CXSourceLocation.</summary>
[StructLayout(LayoutKind.Sequential)]
internal readonly struct SourceLocation
{
    private readonly nint _first;
    private readonly nint _second;
    private readonly uint _data;

    public (string File, int Line) Expand()
    {
        LibClang.ExpansionLocation(this, out nint file, out uint line, out _, out _);
        return (Name(file), (int)line);
    }

    /// <summary>Bytes from the file's start.</summary>
    public (string File, int Offset) Offset()
    {
        LibClang.ExpansionLocation(this, out nint file, out _, out _, out uint offset);
        return (Name(file), (int)offset);
    }

    private static string Name(nint file) => file == 0 ? "" : LibClang.FileName(file).Take();
}

/// <summary>CXSourceRange.</summary>
[StructLayout(LayoutKind.Sequential)]
internal readonly struct SourceRange
{
    private readonly nint _first;
    private readonly nint _second;
    private readonly uint _begin;
    private readonly uint _end;

    public SourceLocation Start => LibClang.RangeStart(this);

    public SourceLocation End => LibClang.RangeEnd(this);
}

/// <summary>CXToken.</summary>
[StructLayout(LayoutKind.Sequential)]
internal readonly struct Token
{
    private readonly ulong _first;
    private readonly ulong _second;
    private readonly nint _data;
}
