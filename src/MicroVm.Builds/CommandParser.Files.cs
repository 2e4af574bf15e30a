namespace MicroVm.Builds;

/// <summary>Instructions with several arguments: names and values, files, what to run.</summary>
internal sealed partial class CommandParser
{
    private List<KeyValuePair<string, string?>> Arguments(InstructionText text) =>
        [.. JsonForm.Words(Some(text), escape).Select(Argument)];

    private static KeyValuePair<string, string?> Argument(string word)
    {
        int equals = word.IndexOf('=', StringComparison.Ordinal);
        string name = equals < 0 ? word : word[..equals];
        return name.Length > 0
            ? new(name, equals < 0 ? null : word[(equals + 1)..])
            : throw new FormatException("ARG names can not be blank");
    }

    /// <summary>name=value, again and again; or, in the old form, a name and all the rest as its value.</summary>
    private List<KeyValuePair<string, string>> Pairs(InstructionText text)
    {
        IReadOnlyList<string> words = JsonForm.Words(Some(text), escape);
        if (!words[0].Contains('=', StringComparison.Ordinal))
        {
            string rest = text.Arguments[words[0].Length..].TrimStart();
            return rest.Length > 0 ? [new(words[0], rest)] : throw new FormatException($"{text.Keyword} must have two arguments");
        }

        return [.. words.Select(word => Pair(word, text.Keyword))];
    }

    private static KeyValuePair<string, string> Pair(string word, string keyword)
    {
        int equals = word.IndexOf('=', StringComparison.Ordinal);
        return equals switch
        {
            > 0 => new(word[..equals], word[(equals + 1)..]),
            0 => throw new FormatException($"{keyword} names can not be blank"),
            _ => throw new FormatException($"Syntax error - can't find = in \"{word}\". Must be of the form: name=value"),
        };
    }

    private RunCommand Run(InstructionText text)
    {
        CommandWords words = text.HereDocuments.Count > 0 ? new(UsesShell: true, [Script(text)]) : Words(text);
        string network = Flag(text, "network");
        if (network is not ("" or "default" or "none" or "host"))
        {
            throw new FormatException($"invalid network mode: \"{network}\"");
        }

        return words.Words.Count > 0
            ? new(text.Line, text.Source, words) { Network = network.Length > 0 ? network : "default", Mounts = [.. FlagsOf(text, "mount")] }
            : throw new FormatException("RUN requires at least one argument");
    }

    /// <summary>A here-document that stands alone is the script; beside other words it is the shell's own.</summary>
    private string Script(InstructionText text)
    {
        bool alone = text.HereDocuments.Count == 1 && JsonForm.Words(text.Arguments, escape).Count == 1;
        if (alone)
        {
            return text.HereDocuments[0].Content;
        }

        return text.Arguments + "\n" + string.Concat(text.HereDocuments.Select(document => $"{document.Content}{document.Name}\n"));
    }

    private static CopyCommand Copy(InstructionText text)
    {
        IReadOnlyList<string> words = JsonForm.List(text.Arguments);
        if (words.Count < 2)
        {
            throw new FormatException(words.Count == 0
                ? $"{text.Keyword} requires at least two arguments, but no arguments were provided. Source and destination could not be determined"
                : $"{text.Keyword} requires at least two arguments, but only one was provided. Destination could not be determined");
        }

        string chmod = Flag(text, "chmod");
        if (chmod.Length > 0 && !(chmod.Length <= 5 && chmod.All(c => c is >= '0' and <= '7')) && !chmod.Contains('$', StringComparison.Ordinal))
        {
            throw new FormatException($"invalid chmod parameter: '{chmod}'. it should be octal string and between 0 and 07777");
        }

        HashSet<string> documents = [.. text.HereDocuments.Select(document => document.Name)];
        return new(text.Line, text.Source, text.Keyword == "ADD", [.. words.SkipLast(1).Where(word => !IsDocument(word, documents))], words[^1])
        {
            From = Flag(text, "from"),
            Chown = Flag(text, "chown"),
            Chmod = chmod,
            HereDocuments = text.HereDocuments,
        };
    }

    private static bool IsDocument(string word, HashSet<string> names) => word.IndexOf("<<", StringComparison.Ordinal) is >= 0 and var at
        && names.Contains(word[(at + 2)..].TrimStart('-').Trim('"', '\''));
}
