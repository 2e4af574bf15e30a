using System.Runtime.InteropServices;

namespace MicroVm.Interop.Generate.Clang;

/// <summary>CXType: a type as C spells it, or its canonical form.</summary>
[StructLayout(LayoutKind.Sequential)]
internal readonly struct CursorType
{
    private readonly TypeKind _kind;
    private readonly nint _first;
    private readonly nint _second;

    public TypeKind Kind => _kind;

    public string Spelling => LibClang.TypeSpelling(this).Take();

    public CursorType Canonical => LibClang.CanonicalType(this);

    public CursorType Pointee => LibClang.PointeeType(this);

    public CursorType Element => LibClang.ElementType(this);

    public CursorType Result => LibClang.ResultType(this);

    public Cursor Declaration => LibClang.DeclarationOf(this);

    public long Size => LibClang.SizeOf(this);

    public long Alignment => LibClang.AlignOf(this);

    public long Length => LibClang.ArraySize(this);

    public bool IsVariadic => LibClang.IsVariadic(this) != 0;

    public bool IsFunction => Kind is TypeKind.FunctionProto or TypeKind.FunctionNoProto;

    public IEnumerable<CursorType> Arguments()
    {
        CursorType type = this;
        return Enumerable.Range(0, Math.Max(0, LibClang.ArgumentTypeCount(type))).Select(i => LibClang.GetArgumentType(type, (uint)i));
    }
}
