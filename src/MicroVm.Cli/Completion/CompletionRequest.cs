using MicroVm.Cli.Arguments;
using MicroVm.Cli.Commands;
using MicroVm.Cli.Output;

namespace MicroVm.Cli.Completion;

/// <summary>
/// <c>mvm __complete -- WORD…</c>, which the shells' scripts call: the words after <c>mvm</c> up to the cursor, the last of them
/// not finished. Never fails, prints nothing else, starts no daemon.
/// </summary>
internal static class CompletionRequest
{
    internal const string Name = "__complete";

    internal static int Run(List<string> arguments)
    {
        List<string> words = arguments.Count > 0 && arguments[0] == "--" ? arguments[1..] : arguments;
        string word = words.Count > 0 ? words[^1] : "";
        Answer(words.Count > 0 ? words : [""]).Write(TextOutput.Standard, word);
        return ExitCodes.Success;
    }

    private static Candidates Answer(List<string> words)
    {
        try
        {
            return Complete(words);
        }
        catch (Exception)
        {
            // A shell that completes a word has no place for a message, and the command itself will say what is wrong.
            return new Candidates();
        }
    }

    private static Candidates Complete(List<string> words)
    {
        string? host = null;
        var flags = new FlagSet();
        CommandLine.DefineGlobal(flags, value => host = value, _ => { });
        TypedWords typed = TypedWords.Read(flags, words, interspersed: false);
        if (typed.Operands.Count == 0)
        {
            return WordOf(flags, typed, words[^1], "", () => CommandWords.Top());
        }

        int first = words.Count - 1 - typed.Operands.Count;
        FlagParser.Parse(flags, words.GetRange(0, first).ToArray(), interspersed: false);
        return OfCommand(words[first..], new LiveObjects(host));
    }

    /// <param name="words">From the command's name on.</param>
    private static Candidates OfCommand(List<string> words, LiveObjects objects)
    {
        string group = "";
        if (CommandTable.IsGroup(words[0]))
        {
            if (words.Count == 2)
            {
                return CommandWords.OfGroup(words[1].StartsWith('-') ? "" : words[0]);
            }

            group = words[0];
        }

        if (words[0] == "help")
        {
            return words.Count == 2 ? CommandWords.Top() : new Candidates();
        }

        (CommandInfo info, int used) = CommandLine.Find(words);
        Command command = CommandTable.Create(info);
        var flags = new FlagSet();
        command.Define(flags);
        TypedWords typed = TypedWords.Read(flags, words[used..], command.Interspersed);
        if (typed.Waiting?.Name is "network" or "net" && objects.Networks() is { IsEmpty: false } networks)
        {
            networks.Add("default");
            return networks.WithPrefix(typed.Prefix);
        }

        return WordOf(flags, typed, words[^1], info.Name, () => new OperandWords(objects, info, group).At(typed.Operands));
    }

    private static Candidates WordOf(FlagSet flags, TypedWords typed, string word, string command, Func<Candidates> operand)
    {
        if (typed.Waiting is { } flag)
        {
            return FlagWords.OfValue(flag, command, word[typed.Prefix.Length..]).WithPrefix(typed.Prefix);
        }

        return !typed.FlagsEnded && word.StartsWith('-') ? FlagWords.Names(flags) : operand();
    }
}
