namespace MicroVm.Builds;

/// <summary>What an instruction means, one method a kind, with Docker's words for what is wrong.</summary>
internal sealed partial class CommandParser(char escape)
{
    private static readonly Dictionary<string, string[]> s_flags = new()
    {
        ["FROM"] = ["platform"],
        ["RUN"] = ["mount", "network"],
        ["COPY"] = ["from", "chown", "chmod", "link"],
        ["ADD"] = ["chown", "chmod", "link"],
        ["HEALTHCHECK"] = ["interval", "timeout", "start-period", "start-interval", "retries"],
    };

    /// <exception cref="DockerfileException">What is wrong, in which line.</exception>
    public Command Parse(InstructionText text)
    {
        try
        {
            return ParseAny(text);
        }
        catch (FormatException e)
        {
            throw new DockerfileException(text.Line, e.Message);
        }
    }

    /// <inheritdoc cref="Parse"/>
    public Command ParseTrigger(InstructionText text)
    {
        try
        {
            CheckTrigger(text.Keyword);
            return ParseAny(text);
        }
        catch (FormatException e)
        {
            throw new DockerfileException(e.Message);
        }
    }

    private Command ParseAny(InstructionText text)
    {
        CheckFlags(text);
        return text.Keyword switch
        {
            "FROM" => From(text),
            "ARG" => new ArgCommand(text.Line, text.Source, Arguments(text)),
            "ENV" => new EnvCommand(text.Line, text.Source, Pairs(text)),
            "LABEL" => new LabelCommand(text.Line, text.Source, Pairs(text)),
            "EXPOSE" => new ExposeCommand(text.Line, text.Source, JsonForm.Words(Some(text), escape)),
            "USER" => new UserCommand(text.Line, text.Source, One(text)),
            "WORKDIR" => new WorkdirCommand(text.Line, text.Source, One(text)),
            "VOLUME" => new VolumeCommand(text.Line, text.Source, Volumes(text)),
            "STOPSIGNAL" => new StopSignalCommand(text.Line, text.Source, One(text)),
            "HEALTHCHECK" => new HealthcheckCommand(text.Line, text.Source, string.Join(' ', [.. text.Flags, Some(text)])),
            "SHELL" => new ShellCommand(text.Line, text.Source, Shell(text)),
            "ONBUILD" => Onbuild(text),
            "MAINTAINER" => new MaintainerCommand(text.Line, text.Source, One(text)),
            "CMD" => new CmdCommand(text.Line, text.Source, Words(text)),
            "ENTRYPOINT" => new EntrypointCommand(text.Line, text.Source, Words(text)),
            "RUN" => Run(text),
            "COPY" or "ADD" => Copy(text),
            _ => throw new FormatException($"unknown instruction: {text.Keyword}"),
        };
    }

    private static FromCommand From(InstructionText text)
    {
        string[] words = text.Arguments.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
        string platform = Flag(text, "platform");
        return words switch
        {
            [var image] => new(text.Line, text.Source, image, "", platform),
            [var image, var keyword, var name] when keyword.Equals("as", StringComparison.OrdinalIgnoreCase) =>
                new(text.Line, text.Source, image, StageName(name), platform),
            _ => throw new FormatException("FROM requires either one or three arguments"),
        };
    }

    private static string StageName(string name)
    {
        string lower = name.ToLowerInvariant();
        bool valid = char.IsAsciiLetterLower(lower[0]) && lower.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.') && lower is not ("context" or "scratch");
        return valid ? lower : throw new FormatException($"invalid name for build stage: \"{name}\", name can't start with a number or contain symbols");
    }

    private static OnbuildCommand Onbuild(InstructionText text)
    {
        string instruction = Some(text);
        CheckTrigger(instruction.Split((char[]?)null, 2)[0].ToUpperInvariant());
        return new(text.Line, text.Source, instruction);
    }

    private static void CheckTrigger(string keyword)
    {
        switch (keyword)
        {
            case "ONBUILD":
                throw new FormatException("Chaining ONBUILD via `ONBUILD ONBUILD` isn't allowed");
            case "MAINTAINER" or "FROM":
                throw new FormatException($"{keyword} isn't allowed as an ONBUILD trigger");
        }
    }

    private static IReadOnlyList<string> Shell(InstructionText text) =>
        JsonForm.TryParse(Some(text), out IReadOnlyList<string>? words) && words.Count > 0
            ? words
            : throw new FormatException("SHELL requires the arguments to be in JSON form");

    private static IReadOnlyList<string> Volumes(InstructionText text)
    {
        IReadOnlyList<string> paths = JsonForm.List(Some(text));
        return paths.Count > 0 && paths.All(path => path.Trim().Length > 0)
            ? [.. paths.Select(path => path.Trim())]
            : throw new FormatException("VOLUME specified can not be an empty string");
    }

    /// <summary>CMD [] has no word: it takes away what the base has.</summary>
    private static CommandWords Words(InstructionText text) => JsonForm.TryParse(text.Arguments, out IReadOnlyList<string>? words)
        ? new(UsesShell: false, words)
        : new(UsesShell: text.Arguments.Length > 0, text.Arguments.Length > 0 ? [text.Arguments] : []);

    private static string Some(InstructionText text) => text.Arguments.Length > 0
        ? text.Arguments
        : throw new FormatException($"{text.Keyword} requires at least one argument");

    private static string One(InstructionText text) => text.Arguments.Length > 0
        ? text.Arguments
        : throw new FormatException($"{text.Keyword} requires exactly one argument");

    private static void CheckFlags(InstructionText text)
    {
        string[] known = s_flags.GetValueOrDefault(text.Keyword, []);
        foreach (string flag in text.Flags)
        {
            string name = flag[2..].Split('=', 2)[0];
            if (!known.Contains(name))
            {
                throw new FormatException($"Unknown flag: {name}");
            }

            if (!flag.Contains('=', StringComparison.Ordinal) && name != "link")
            {
                throw new FormatException($"Missing a value on flag: {name}");
            }
        }
    }

    private static IEnumerable<string> FlagsOf(InstructionText text, string name) => text.Flags
        .Where(flag => flag.StartsWith($"--{name}=", StringComparison.Ordinal)).Select(flag => flag[(name.Length + 3)..]);

    private static string Flag(InstructionText text, string name) => FlagsOf(text, name).ToList() switch
    {
        [] => "",
        [var value] => value,
        _ => throw new FormatException($"Duplicate flag specified: {name}"),
    };
}
