namespace MicroVm.Cli.Output;

/// <summary>Text from a registry, an image or a container must not drive the user's terminal.</summary>
internal static class SafeText
{
    /// <summary>One line, without control characters.</summary>
    internal static string OneLine(string text)
    {
        string trimmed = text.Trim();
        return trimmed.AsSpan().IndexOfAnyInRange('\0', '\x1f') < 0 && trimmed.AsSpan().IndexOfAnyInRange('\x7f', '\x9f') < 0
            ? trimmed
            : string.Join(' ', trimmed.Split(['\n', '\r'], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Select(Visible));
    }

    private static string Visible(string line) =>
        string.Create(line.Length, line, static (target, source) =>
        {
            for (int index = 0; index < source.Length; index++)
            {
                target[index] = char.IsControl(source[index]) ? '?' : source[index];
            }
        });
}
