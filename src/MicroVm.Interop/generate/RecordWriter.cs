using System.Globalization;
using MicroVm.Interop.Generate.Clang;

namespace MicroVm.Interop.Generate;

/// <summary>Writes structs and unions.</summary>
internal sealed class RecordWriter(Headers headers, TypeMapper types)
{
    private static readonly HashSet<string> s_fixed = ["byte", "sbyte", "short", "ushort", "int", "uint", "long", "ulong", "float", "double"];

    public void Write(CodeText code)
    {
        foreach (Cursor record in headers.Records)
        {
            code.Separate();
            code.Summary(record.Comment);
            WriteRecord(code, record, headers.NameOf(record)!, record.Type.Spelling);
        }
    }

    private void WriteRecord(CodeText code, Cursor record, string name, string? native)
    {
        List<Member> members = record.IsDefinition ? Member.Of(record) : [];
        bool union = record.Kind == CursorKind.Union;
        if (Layout(record, members) is { } layout)
        {
            code.Line(layout);
        }

        if (native is not null && native != name)
        {
            code.Line($"[NativeTypeName(\"{native}\")]");
        }

        code.Open($"public {(members.Count == 0 ? "" : "unsafe ")}partial struct {name}");
        foreach (Member member in members)
        {
            code.Separate();
            if (member.Length == 0)
            {
                WriteOpenArray(code, member, members);
            }
            else
            {
                WriteMember(code, member, union);
            }
        }

        members.Where(m => m.Bits.Count > 0).ToList().ForEach(m => WriteBits(code, m));
        members.Where(m => m.IsAnonymous).ToList().ForEach(m => WriteForwarders(code, m, m.Name, m.NestedName));
        members.ForEach(m => WriteNested(code, m));
        code.Close();
    }

    private void WriteMember(CodeText code, Member member, bool union)
    {
        if (member.Bits.Count == 0 && !member.IsAnonymous)
        {
            code.Summary(member.Declaration.Comment);
        }

        if (union)
        {
            code.Line("[FieldOffset(0)]");
        }

        string type = TypeOf(member);
        if (TypeMapper.NativeName(member.Type, type) is { } native && !member.IsAnonymous && member.Bits.Count == 0)
        {
            code.Line($"[NativeTypeName(\"{native}\")]");
        }

        code.Line(IsFixed(member) ? $"public fixed {type} {member.Name}[{member.Length}];" : $"public {(member.Length is null ? type : member.BufferName)} {member.Name};");
    }

    /// <summary>What follows the struct, as many as there are: C# has no form for it but where it begins.</summary>
    private static void WriteOpenArray(CodeText code, Member member, List<Member> members)
    {
        code.Summary(member.Declaration.Comment);
        if (TypeMapper.NativeName(member.Type, "") is { } native)
        {
            code.Line($"[NativeTypeName(\"{native}\")]");
        }

        code.Line($"public const int {member.Name}_Offset = {RoundUp(End(members, long.MaxValue).End, member.Element.Alignment)};");
    }

    private bool IsFixed(Member member) => member.Length > 0 && member.Nested is null && s_fixed.Contains(TypeOf(member));

    /// <summary>Of one element, where it is an array.</summary>
    private string TypeOf(Member member) => member.Nested is not null ? member.NestedName : types.Map(member.Element);

    private void WriteNested(CodeText code, Member member)
    {
        if (member.Nested is { } nested)
        {
            code.Separate();
            WriteRecord(code, nested, member.NestedName, null);
        }

        if (member.Length > 0 && !IsFixed(member))
        {
            // A pointer can't be an element.
            string element = TypeOf(member) is var type && type.Contains('*', StringComparison.Ordinal) ? "nint" : type;
            code.Separate();
            code.Line($"[InlineArray({member.Length})]");
            code.Open($"public partial struct {member.BufferName}");
            code.Line($"public {element} e0;");
            code.Close();
        }
    }

    /// <summary>The members of an anonymous member are its parent's.</summary>
    /// <param name="type">Of the anonymous member, seen from the struct that has it.</param>
    private void WriteForwarders(CodeText code, Member parent, string path, string type)
    {
        foreach (Member member in Member.Of(parent.Nested!.Value).Where(m => m.Length != 0 && m.Bits.Count == 0))
        {
            if (member.IsAnonymous)
            {
                WriteForwarders(code, member, $"{path}.{member.Name}", $"{type}.{member.NestedName}");
                continue;
            }

            string own = TypeOf(member);
            string result = member.Length is not null ? $"{type}.{member.BufferName}" : member.Nested is not null ? $"{type}.{own}" : own;
            code.Separate();
            code.Line("[UnscopedRef]");
            code.Line(IsFixed(member)
                ? $"public Span<{own}> {member.Name} => MemoryMarshal.CreateSpan(ref {path}.{member.Name}[0], {member.Length});"
                : $"public ref {result} {member.Name} => ref {path}.{member.Name};");
        }
    }

    private void WriteBits(CodeText code, Member unit)
    {
        string type = types.Map(unit.Type);
        long bits = unit.Type.Size * 8;
        foreach (Cursor field in unit.Bits.Where(f => f.Spelling.Length > 0))
        {
            string mask = "0x" + ((1UL << field.BitWidth) - 1).ToString("x", CultureInfo.InvariantCulture) + "ul";
            long shift = field.Offset % bits;
            code.Separate();
            code.Summary(field.Comment);
            code.Line($"[NativeTypeName(\"{field.Type.Spelling} : {field.BitWidth}\")]");
            code.Open($"public {type} {TypeMapper.Escape(field.Spelling)}");
            code.Line($"readonly get => ({type})(((ulong){unit.Name} >> {shift}) & {mask});");
            code.Line($"set => {unit.Name} = ({type})(((ulong){unit.Name} & ~({mask} << {shift})) | ((value & {mask}) << {shift}));");
            code.Close();
        }
    }

    /// <summary>What C# has to be told; null where it lays the struct out as C does.</summary>
    private static string? Layout(Cursor record, List<Member> members)
    {
        if (record.Kind == CursorKind.Union)
        {
            return "[StructLayout(LayoutKind.Explicit)]";
        }

        long size = record.Type.Size;
        return members.All(m => m.Length == 0) || Sequential(members, long.MaxValue) == size ? null
            : Sequential(members, 1) == size ? "[StructLayout(LayoutKind.Sequential, Pack = 1)]"
            : $"[StructLayout(LayoutKind.Sequential, Size = {size})]";
    }

    /// <summary>The size that C# gives it.</summary>
    private static long Sequential(List<Member> members, long pack)
    {
        (long end, long alignment) = End(members, pack);
        return RoundUp(end, alignment);
    }

    private static (long End, long Alignment) End(List<Member> members, long pack)
    {
        long end = 0;
        long most = 1;
        foreach (Member member in members.Where(m => m.Length != 0))
        {
            long alignment = Math.Min(pack, member.Type.Alignment);
            most = Math.Max(most, alignment);
            end = RoundUp(end, alignment) + member.Type.Size;
        }

        return (end, most);
    }

    private static long RoundUp(long value, long multiple) => (value + multiple - 1) / multiple * multiple;
}
