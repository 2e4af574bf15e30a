using System.Reflection;
using System.Runtime.InteropServices;
using System.Text;
using MicroVm.Interop.Generated;

namespace MicroVm.Interop.Tests.Generated;

/// <summary>The bindings are what the headers say: as the generator reads them, and as the C compiler does.</summary>
public sealed class BindingsTests
{
    private const string OffsetSuffix = "_Offset";
    private static readonly Type[] s_types = [.. typeof(NativeTypeNameAttribute).Assembly.GetTypes().Where(t => t.Namespace == typeof(NativeTypeNameAttribute).Namespace)];

    private delegate ReadOnlySpan<byte> Text();

    [Fact]
    public async Task CommittedFilesAreWhatTheGeneratorMakes()
    {
        string generator = Path.Combine(
            AppContext.BaseDirectory.Replace("MicroVm.Interop.Tests", "MicroVm.Interop.Generate", StringComparison.Ordinal), "MicroVm.Interop.Generate");
        (int exitCode, string output) = await Commands.RunAsync(generator, "--check");
        Assert.True(exitCode == 0, output + "run: make generate");
    }

    [Fact]
    public async Task StructsAreLaidOutAsInC()
    {
        var expected = new List<(string, object)>();
        Type[] structs = [.. s_types.Where(t => t is { IsValueType: true, IsEnum: false, IsNested: false } && t.GetFields().Length > 0)];
        foreach (Type type in structs)
        {
            string name = type.GetCustomAttribute<NativeTypeNameAttribute>()?.Name ?? type.Name;
            expected.Add(($"sizeof({name})", Layout.SizeOf(type)));
            FieldInfo[] open = [.. type.GetFields().Where(f => f.IsLiteral)];
            expected.AddRange(open.Select(f => ($"offsetof({name}, {f.Name[..^OffsetSuffix.Length]})", f.GetRawConstantValue()!)));
            if (open.Length == 0)
            {
                // What follows a struct may need more than the struct, which C# can't know: such are never made alone.
                expected.Add(($"_Alignof({name})", Layout.AlignOf(type)));
            }

            AddFields(expected, type, name, "", 0);
        }

        Assert.True(structs.Length > 150, $"only {structs.Length} structs");
        Assert.Empty(await CompiledHeaders.CompareAsync(expected));
    }

    [Fact]
    public async Task ConstantsHaveTheValuesThatTheyHaveInC()
    {
        var expected = new List<(string, object)>();
        foreach (Type type in s_types.Where(t => t.Name.EndsWith("Methods", StringComparison.Ordinal)))
        {
            expected.AddRange(type.GetFields().Where(f => f.IsLiteral).Select(f => (f.Name, f.GetRawConstantValue()!)));
            expected.AddRange(type.GetProperties().Select(p => (p.Name, (object)Encoding.UTF8.GetString(p.GetMethod!.CreateDelegate<Text>()()))));
        }

        foreach (Type type in s_types.Where(t => t.IsEnum))
        {
            expected.AddRange(type.GetFields().Where(f => f.IsLiteral).Select(f => (f.Name, f.GetRawConstantValue()!)));
        }

        Assert.True(expected.Count > 2000, $"only {expected.Count} constants");
        Assert.Empty(await CompiledHeaders.CompareAsync(expected));
    }

    [Fact]
    public void FunctionsAreInTheirLibraries()
    {
        var missing = new List<string>();
        int count = 0;
        foreach (MethodInfo method in s_types.SelectMany(t => t.GetMethods(BindingFlags.Public | BindingFlags.Static)))
        {
            if (method.GetCustomAttribute<DllImportAttribute>() is { } import)
            {
                count++;
                if (!NativeLibrary.TryGetExport(NativeLibrary.Load(import.Value), method.Name, out _))
                {
                    missing.Add($"{method.Name} in {import.Value}");
                }
            }
        }

        Assert.True(count > 450, $"only {count} functions");
        Assert.Empty(missing);
    }

    private static void AddFields(List<(string, object)> expected, Type type, string root, string path, long start)
    {
        foreach (FieldInfo field in type.GetFields(BindingFlags.Public | BindingFlags.Instance).Where(f => !f.Name.StartsWith("_bitfield", StringComparison.Ordinal)))
        {
            long offset = start + Layout.OffsetOf(field);
            bool anonymous = field.Name.StartsWith("Anonymous", StringComparison.Ordinal);
            string place = path + field.Name;
            if (!anonymous)
            {
                expected.Add(($"offsetof({root}, {place})", offset));
                expected.Add(($"sizeof((({root} *)0)->{place})", Layout.SizeOf(field.FieldType)));
            }

            Type element = Layout.ElementOf(field.FieldType);
            if (element.IsNested && element.Name.Contains("_e__", StringComparison.Ordinal) && !element.Name.StartsWith('<'))
            {
                AddFields(expected, element, root, anonymous ? path : place + (element == field.FieldType ? "." : "[0]."), offset);
            }
        }
    }
}
