using MicroVm.Cli.Commands;

namespace MicroVm.Cli.Completion;

/// <summary>Names of commands.</summary>
internal static class CommandWords
{
    internal static Candidates Top()
    {
        var words = new Candidates();
        foreach (CommandInfo info in CommandTable.All)
        {
            if (!info.Name.Contains(' ', StringComparison.Ordinal))
            {
                words.Add(info.Name, info.Summary);
            }
        }

        foreach (CommandGroup group in CommandTable.Groups)
        {
            words.Add(group.Name, group.Summary);
        }

        words.Add("help", "Show help of a command");
        return words;
    }

    /// <summary>What follows <c>container</c>, <c>image</c>, <c>system</c>.</summary>
    internal static Candidates OfGroup(string name)
    {
        var words = new Candidates();
        foreach (CommandGroup group in CommandTable.Groups)
        {
            foreach (string verb in group.Name == name ? group.Verbs : [])
            {
                words.Add(verb, CommandTable.Find(CommandTable.ResolveLongForm(name, verb) ?? "")?.Summary ?? "");
            }
        }

        return words;
    }
}
