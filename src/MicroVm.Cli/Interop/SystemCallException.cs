using System.Runtime.InteropServices;

namespace MicroVm.Cli.Interop;

/// <summary>A system call failed. The message reads like Go's: <c>open /x: no such file or directory</c>.</summary>
internal sealed class SystemCallException(string operation, int error)
    : IOException($"{operation}: {Describe(error)}")
{
    /// <summary>errno.</summary>
    internal int Error { get; } = error;

    internal static SystemCallException Last(string operation) => new(operation, Marshal.GetLastPInvokeError());

    internal static string Describe(int error)
    {
        string text = Marshal.GetPInvokeErrorMessage(error);
        return text.Length > 1 && char.IsUpper(text[0]) && char.IsLower(text[1])
            ? char.ToLowerInvariant(text[0]) + text[1..]
            : text;
    }
}
