using System.Globalization;

namespace MicroVm.Cli.Arguments;

/// <summary>The flags of one command, in the order of its help.</summary>
internal sealed class FlagSet
{
    private readonly List<Flag> _flags = [];

    internal IReadOnlyList<Flag> Flags => _flags;

    /// <summary>--help was given.</summary>
    internal bool HelpRequested { get; private set; }

    internal Flag? Find(string name) => name == "help" ? Help() : _flags.Find(flag => flag.Name == name);

    internal Flag? Find(char shorthand) =>
        _flags.Find(flag => flag.Shorthand == shorthand) ?? (shorthand == 'h' ? Help() : null);

    internal void Add(string name, char shorthand, string? valueType, string usage, Action<string> apply) =>
        _flags.Add(new Flag(name, shorthand, valueType, usage, apply));

    internal void Switch(string name, char shorthand, string usage, Action<bool> apply) =>
        Add(name, shorthand, null, usage, value => apply(ParseSwitch(value)));

    internal void Text(string name, char shorthand, string usage, Action<string> apply, string valueType = "string") =>
        Add(name, shorthand, valueType, usage, apply);

    internal void Integer(string name, char shorthand, string usage, Action<int> apply) =>
        Add(name, shorthand, "int", usage, value => apply(ParseInteger(value)));

    private Flag Help() => new("help", '\0', null, "Print usage", value => HelpRequested = ParseSwitch(value));

    // The words of Go's strconv.ParseBool.
    private static bool ParseSwitch(string value) => value switch
    {
        "1" or "t" or "T" or "true" or "TRUE" or "True" => true,
        "0" or "f" or "F" or "false" or "FALSE" or "False" => false,
        _ => throw new FlagValueException($"strconv.ParseBool: parsing \"{value}\": invalid syntax"),
    };

    private static int ParseInteger(string value) =>
        int.TryParse(value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int number)
            ? number
            : throw new FlagValueException($"strconv.ParseInt: parsing \"{value}\": invalid syntax");
}
