namespace MicroVm.Cli.Arguments;

/// <summary>One flag of a command.</summary>
/// <param name="Name">Long name, without dashes.</param>
/// <param name="Shorthand">'\0': none.</param>
/// <param name="ValueType">What the help shows for the value; null: a switch that takes none.</param>
/// <param name="Usage">One sentence for the help.</param>
/// <param name="Apply">
/// Takes the value ("true" or "false" of a switch); throws <see cref="FlagValueException"/> when it is wrong.
/// </param>
internal sealed record Flag(string Name, char Shorthand, string? ValueType, string Usage, Action<string> Apply)
{
    internal bool IsSwitch => ValueType is null;

    /// <summary>As error messages name it: <c>-m, --memory</c>.</summary>
    internal string DisplayName => Shorthand == '\0' ? $"--{Name}" : $"-{Shorthand}, --{Name}";
}
