using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace MicroVm.Interop.Generate.Clang;

/// <summary>CXCursor: a declaration or a macro.</summary>
[StructLayout(LayoutKind.Sequential)]
internal readonly unsafe struct Cursor
{
    private const uint Continue = 1;
    private const int Static = 3;
    private readonly CursorKind _kind;
    private readonly int _data;
    private readonly nint _first;
    private readonly nint _second;
    private readonly nint _third;

    public CursorKind Kind => _kind;

    public string Spelling => LibClang.CursorSpelling(this).Take();

    /// <summary>The same for all declarations of one thing, unlike any other's.</summary>
    public string Usr => LibClang.CursorUsr(this).Take();

    public string Comment => LibClang.RawComment(this).Take();

    public CursorType Type => LibClang.TypeOf(this);

    public SourceRange Extent => LibClang.ExtentOf(this);

    public (string File, int Line) Location => LibClang.LocationOf(this).Expand();

    public bool IsDefinition => LibClang.IsDefinition(this) != 0;

    public bool IsRecord => Kind is CursorKind.Struct or CursorKind.Union;

    /// <summary>A struct or union without a tag.</summary>
    public bool IsAnonymous => LibClang.IsAnonymous(this) != 0;

    /// <summary>Without a field's name either: its members are its parent's.</summary>
    public bool IsAnonymousMember => LibClang.IsAnonymousRecord(this) != 0;

    public bool IsFunctionLike => LibClang.IsFunctionLike(this) != 0;

    public bool IsStatic => LibClang.StorageClass(this) == Static;

    public bool IsBitField => LibClang.IsBitField(this) != 0;

    public int BitWidth => LibClang.BitWidth(this);

    /// <summary>Bits from the start of its record.</summary>
    public long Offset => LibClang.OffsetOfField(this);

    public CursorType EnumType => LibClang.EnumType(this);

    public long EnumValue => LibClang.EnumValue(this);

    public CursorType UnderlyingType => LibClang.UnderlyingType(this);

    public IEnumerable<Cursor> Arguments()
    {
        Cursor cursor = this;
        return Enumerable.Range(0, Math.Max(0, LibClang.ArgumentCount(cursor))).Select(i => LibClang.GetArgument(cursor, (uint)i));
    }

    public List<Cursor> Children()
    {
        List<Cursor> children = [];
        _ = LibClang.VisitChildren(this, &Visit, Unsafe.AsPointer(ref children));
        return children;
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static uint Visit(Cursor cursor, Cursor parent, void* data)
    {
        // The list is a local of a caller that waits: its address holds.
        Unsafe.AsRef<List<Cursor>>(data).Add(cursor);
        return Continue;
    }
}
