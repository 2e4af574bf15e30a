using System.Diagnostics;

namespace MicroVm.Interop.Generated;

/// <summary>How the C header spells what generated code has a C# type for.</summary>
[Conditional("DEBUG")]
[AttributeUsage(AttributeTargets.All)]
public sealed class NativeTypeNameAttribute(string name) : Attribute
{
    public string Name { get; } = name;
}
