using System.Reflection;
using System.Reflection.Emit;
using System.Runtime.CompilerServices;

namespace MicroVm.Interop.Tests.Generated;

/// <summary>How the runtime lays out structs in memory, with no marshaller between.</summary>
internal static class Layout
{
    public static long SizeOf(Type type)
    {
        var method = new DynamicMethod("size", typeof(long), [], typeof(Layout).Module, skipVisibility: true);
        ILGenerator code = method.GetILGenerator();
        code.Emit(OpCodes.Sizeof, type);
        code.Emit(OpCodes.Conv_I8);
        code.Emit(OpCodes.Ret);
        return (long)method.Invoke(null, null)!;
    }

    /// <summary>Of the first place behind one byte.</summary>
    public static long AlignOf(Type type) => OffsetOf(typeof(AfterByte<>).MakeGenericType(type).GetField("Value")!);

    public static long OffsetOf(FieldInfo field)
    {
        var method = new DynamicMethod("offset", typeof(long), [], typeof(Layout).Module, skipVisibility: true);
        ILGenerator code = method.GetILGenerator();
        LocalBuilder local = code.DeclareLocal(field.DeclaringType!);
        code.Emit(OpCodes.Ldloca, local);
        code.Emit(OpCodes.Ldflda, field);
        code.Emit(OpCodes.Conv_I8);
        code.Emit(OpCodes.Ldloca, local);
        code.Emit(OpCodes.Conv_I8);
        code.Emit(OpCodes.Sub);
        code.Emit(OpCodes.Ret);
        return (long)method.Invoke(null, null)!;
    }

    /// <summary>The element's type where it is an array of structs, else its own.</summary>
    public static Type ElementOf(Type type) =>
        type.GetCustomAttribute<InlineArrayAttribute>() is null ? type : type.GetFields(BindingFlags.Public | BindingFlags.Instance)[0].FieldType;

    private struct AfterByte<T>
    {
#pragma warning disable CS0649, S1144 // For its layout alone.
        public byte First;
        public T Value;
#pragma warning restore CS0649, S1144
    }
}
