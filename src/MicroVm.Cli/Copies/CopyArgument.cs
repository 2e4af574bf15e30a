namespace MicroVm.Cli.Copies;

/// <summary>CONTAINER:PATH, or a local path: one that is absolute, begins with a dot or has no colon.</summary>
internal readonly record struct CopyArgument(string? Container, string Path)
{
    internal static CopyArgument Parse(string argument)
    {
        int colon = argument.IndexOf(':', StringComparison.Ordinal);
        return colon < 0 || argument[0] is '/' or '.'
            ? new(null, argument)
            : new(colon == 0 ? null : argument[..colon], argument[(colon + 1)..]);
    }
}
