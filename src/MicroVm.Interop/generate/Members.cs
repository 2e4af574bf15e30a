using MicroVm.Interop.Generate.Clang;

namespace MicroVm.Interop.Generate;

/// <summary>A member of a struct as the bindings have it.</summary>
/// <param name="Name">Its name in the bindings: that of an anonymous member, or of the unit that bit-fields share, is made up.</param>
/// <param name="Declaration">The field, or the record of an anonymous member.</param>
/// <param name="Nested">The record without a name that it has for a type.</param>
/// <param name="Length">Elements of an array, all dimensions; null: no array. 0: what follows the struct.</param>
/// <param name="Bits">The bit-fields in it.</param>
internal sealed record Member(string Name, Cursor Declaration, CursorType Type, Cursor? Nested, long? Length, IReadOnlyList<Cursor> Bits)
{
    public bool IsAnonymous => Declaration.IsRecord;

    public CursorType Element => Innermost(Type);

    public string NestedName => $"_{Name.TrimStart('@')}_e__{(Nested!.Value.Kind == CursorKind.Union ? "Union" : "Struct")}";

    public string BufferName => $"_{Name.TrimStart('@')}_e__FixedBuffer";

    public static List<Member> Of(Cursor record)
    {
        List<Cursor> children = [.. record.Children().Where(c => c.Kind == CursorKind.Field || (c.IsRecord && c.IsAnonymousMember))];
        int anonymous = children.Count(c => c.IsRecord && c.Type.Size > 0);
        var members = new List<Member>();
        int number = 0;
        foreach (Cursor child in children)
        {
            if (child.IsRecord && child.Type.Size == 0)
            {
                // Holds an array of open length, and something empty that lets C say so in a struct of its own.
                members.AddRange(Of(child).Where(m => m.Length == 0));
            }
            else if (child.IsRecord)
            {
                string name = "Anonymous" + (anonymous > 1 ? $"{++number}" : "");
                members.Add(new(name, child, child.Type, child, null, []));
            }
            else if (child.IsBitField)
            {
                AddBits(members, child);
            }
            else
            {
                members.Add(Field(child));
            }
        }

        return members;
    }

    private static Member Field(Cursor field)
    {
        Cursor declaration = Innermost(field.Type).Canonical.Declaration;
        if (field.Type.Size <= 0)
        {
            return new(field.Spelling, field, field.Type, null, 0, []);
        }

        Cursor? nested = declaration.IsRecord && declaration.IsAnonymous && declaration.Type.Spelling.Contains("(unnamed ", StringComparison.Ordinal) ? declaration : null;
        return new(TypeMapper.Escape(field.Spelling), field, field.Type, nested, Count(field.Type), []);
    }

    /// <summary>Bit-fields share storage units of their type, each unit at a multiple of its size (System V ABI, x86-64).</summary>
    private static void AddBits(List<Member> members, Cursor field)
    {
        long unit = field.Offset / (field.Type.Size * 8);
        Member? last = members.Count > 0 ? members[^1] : null;
        if (last?.Bits.Count > 0 && last.Bits[0].Offset / (last.Type.Size * 8) == unit && last.Type.Size == field.Type.Size)
        {
            members[^1] = last with { Bits = [.. last.Bits, field] };
            return;
        }

        int number = members.Count(m => m.Bits.Count > 0) + 1;
        members.Add(new($"_bitfield{number}", field, field.Type, null, null, [field]));
    }

    private static long? Count(CursorType type) => type.Canonical.Kind switch
    {
        TypeKind.ConstantArray => type.Canonical.Length * (Count(type.Canonical.Element) ?? 1),
        TypeKind.IncompleteArray => 0,
        _ => null,
    };

    private static CursorType Innermost(CursorType type) =>
        type.Canonical.Kind is TypeKind.ConstantArray or TypeKind.IncompleteArray ? Innermost(type.Canonical.Element) : type;
}
