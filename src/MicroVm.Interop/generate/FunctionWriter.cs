using MicroVm.Interop.Generate.Clang;

namespace MicroVm.Interop.Generate;

/// <summary>Writes functions as imports.</summary>
internal sealed class FunctionWriter(Library library, Headers headers, TypeMapper types)
{
    public void Write(CodeText code)
    {
        foreach (Cursor function in headers.Functions)
        {
            // C# has no form for an import with "..." that Linux would take.
            if (!function.Type.IsVariadic)
            {
                code.Separate();
                WriteFunction(code, function);
            }
        }
    }

    private void WriteFunction(CodeText code, Cursor function)
    {
        CursorType result = function.Type.Result;
        string type = types.Map(result);
        code.Summary(function.Comment);
        code.Line($"[DllImport(\"{library.SharedObject(function.Location.File)}\", CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]");
        if (TypeMapper.NativeName(result, type) is { } native)
        {
            code.Line($"[return: NativeTypeName(\"{native}\")]");
        }

        code.Line($"public static extern {type} {function.Spelling}({string.Join(", ", function.Arguments().Select(Parameter))});");
    }

    private string Parameter(Cursor parameter, int index)
    {
        string type = types.Map(parameter.Type);
        string name = parameter.Spelling is { Length: > 0 } given ? TypeMapper.Escape(given) : $"param{index}";
        string attribute = TypeMapper.NativeName(parameter.Type, type) is { } native ? $"[NativeTypeName(\"{native}\")] " : "";
        return $"{attribute}{type} {name}";
    }
}
