namespace MicroVm.Cli.Arguments;

/// <summary>
/// Docker's argument grammar (that of Go's pflag): <c>--name value</c>, <c>--name=value</c>, <c>-n value</c>,
/// <c>-nvalue</c>, <c>-n=value</c>, switches combined as in <c>-it</c>, <c>--</c> ends the flags.
/// </summary>
internal sealed class FlagParser
{
    private readonly FlagSet _flags;
    private readonly bool _interspersed;
    private readonly Queue<string> _rest;

    private FlagParser(FlagSet flags, ReadOnlySpan<string> arguments, bool interspersed)
    {
        _flags = flags;
        _interspersed = interspersed;
        _rest = new Queue<string>(arguments.ToArray());
    }

    /// <param name="interspersed">False: the first operand ends the flags, as in <c>run [OPTIONS] IMAGE ARG…</c>.</param>
    /// <returns>The operands.</returns>
    /// <exception cref="CliException">One line that names the flag.</exception>
    internal static List<string> Parse(FlagSet flags, ReadOnlySpan<string> arguments, bool interspersed = true) =>
        new FlagParser(flags, arguments, interspersed).Parse();

    private List<string> Parse()
    {
        var operands = new List<string>();
        while (_rest.TryDequeue(out string? argument))
        {
            if (argument.Length < 2 || argument[0] != '-')
            {
                operands.Add(argument);
                if (!_interspersed)
                {
                    break;
                }
            }
            else if (argument == "--")
            {
                break;
            }
            else if (argument[1] == '-')
            {
                ParseLong(argument);
            }
            else
            {
                ParseShort(argument);
            }
        }

        operands.AddRange(_rest);
        return operands;
    }

    private void ParseLong(string argument)
    {
        int equals = argument.IndexOf('=', StringComparison.Ordinal);
        string name = equals < 0 ? argument[2..] : argument[2..equals];
        if (name.Length == 0 || name[0] == '-')
        {
            throw Wrong($"bad flag syntax: {argument}");
        }

        Flag flag = _flags.Find(name) ?? throw Wrong($"unknown flag: --{name}{Hint(name)}");
        string? value = equals >= 0 ? argument[(equals + 1)..] : null;
        Apply(flag, value ?? (flag.IsSwitch ? "true" : Next($"--{name}")));
    }

    private void ParseShort(string argument)
    {
        for (int index = 1; index < argument.Length; index++)
        {
            char letter = argument[index];
            Flag flag = _flags.Find(letter) ?? throw Wrong($"unknown shorthand flag: '{letter}' in {argument}");
            string rest = argument[(index + 1)..];
            if (rest.Length > 1 && rest[0] == '=')
            {
                Apply(flag, rest[1..]);
                return;
            }

            if (flag.IsSwitch)
            {
                Apply(flag, "true");
                continue;
            }

            Apply(flag, rest.Length > 0 ? rest : Next($"'{letter}' in {argument}"));
            return;
        }
    }

    private string Next(string what) =>
        _rest.TryDequeue(out string? value) ? value : throw Wrong($"flag needs an argument: {what}");

    private static void Apply(Flag flag, string value)
    {
        try
        {
            flag.Apply(value);
        }
        catch (FlagValueException wrong)
        {
            throw Wrong($"invalid argument \"{value}\" for \"{flag.DisplayName}\" flag: {wrong.Message}");
        }
    }

    private string Hint(string name) =>
        Suggestion.For(name, _flags.Flags.Select(flag => flag.Name)) is { } near ? $" (did you mean --{near}?)" : "";

    private static CliException Wrong(string message) => new(message, ExitCodes.EngineFailure);
}
