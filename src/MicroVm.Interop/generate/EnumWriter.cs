using System.Globalization;
using MicroVm.Interop.Generate.Clang;

namespace MicroVm.Interop.Generate;

/// <summary>Writes enums; those without a name become constants, elsewhere.</summary>
internal sealed class EnumWriter(Headers headers, TypeMapper types)
{
    public void Write(CodeText code)
    {
        foreach (Cursor cursor in headers.Enums.Where(e => headers.NameOf(e) is not null))
        {
            code.Separate();
            WriteEnum(code, cursor);
        }
    }

    /// <summary>An enumerator's value in C#, whatever the type of its enum.</summary>
    public static string Value(Cursor constant, string type) => type is "uint" or "nuint" or "ulong"
        ? (constant.EnumValue & (type == "uint" ? uint.MaxValue : -1L)).ToString(CultureInfo.InvariantCulture)
        : constant.EnumValue.ToString(CultureInfo.InvariantCulture);

    private void WriteEnum(CodeText code, Cursor cursor)
    {
        string type = types.Map(cursor.EnumType);
        code.Summary(cursor.Comment);
        if (type != "int")
        {
            code.Line($"[NativeTypeName(\"{cursor.EnumType.Spelling}\")]");
        }

        code.Open($"public enum {headers.NameOf(cursor)}{(type == "int" ? "" : " : " + type)}");
        foreach (Cursor constant in cursor.Children().Where(c => c.Kind == CursorKind.EnumConstant))
        {
            code.Separate();
            code.Summary(constant.Comment);
            code.Line($"{constant.Spelling} = {Value(constant, type)},");
        }

        code.Close();
    }
}
