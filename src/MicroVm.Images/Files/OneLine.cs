namespace MicroVm.Images.Files;

/// <summary>Makes text from outside fit for an error line: no control characters, bounded length.</summary>
internal static class OneLine
{
    private const int MaxLength = 512;

    public static string Of(string? text)
    {
        ReadOnlySpan<char> head = text.AsSpan().Trim();
        head = head[..Math.Min(head.Length, MaxLength)];
        return string.Create(head.Length, head, (line, source) =>
        {
            for (int i = 0; i < line.Length; i++)
            {
                line[i] = char.IsControl(source[i]) ? ' ' : source[i];
            }
        });
    }
}
