using MicroVm.Cli.Arguments;

namespace MicroVm.Cli.Completion;

/// <summary>How far a command line is typed: the operands so far, and what the word at the cursor is a part of.</summary>
/// <param name="Operands">Before the cursor, without flags and their values.</param>
/// <param name="Waiting">The flag whose value the word is; null: it is none's.</param>
/// <param name="Prefix">Of the word, not of the value: <c>--flag=</c> or nothing.</param>
/// <param name="FlagsEnded">The word can't be a flag any more.</param>
internal sealed record TypedWords(List<string> Operands, Flag? Waiting, string Prefix, bool FlagsEnded)
{
    /// <param name="words">After the command's name; the last one is at the cursor.</param>
    /// <param name="interspersed">False: the first operand ends the flags.</param>
    internal static TypedWords Read(FlagSet flags, List<string> words, bool interspersed)
    {
        var operands = new List<string>();
        Flag? waiting = null;
        bool ended = false;
        foreach (string word in words[..^1])
        {
            if (waiting is not null)
            {
                waiting = null;
            }
            else if (ended || !IsFlag(word))
            {
                operands.Add(word);
                ended |= !interspersed;
            }
            else if (word == "--")
            {
                ended = true;
            }
            else
            {
                waiting = WaitingFlag(flags, word);
            }
        }

        return AtCursor(flags, words[^1], new TypedWords(operands, waiting, "", ended));
    }

    private static bool IsFlag(string word) => word.Length > 1 && word[0] == '-';

    /// <summary>The flag that takes the next word.</summary>
    private static Flag? WaitingFlag(FlagSet flags, string word)
    {
        if (word.Contains('=', StringComparison.Ordinal))
        {
            return null;
        }

        if (word.StartsWith("--", StringComparison.Ordinal))
        {
            return flags.Find(word[2..]) is { IsSwitch: false } flag ? flag : null;
        }

        for (int index = 1; index < word.Length; index++)
        {
            if (flags.Find(word[index]) is { IsSwitch: false } taker)
            {
                return index + 1 == word.Length ? taker : null;
            }
        }

        return null;
    }

    private static TypedWords AtCursor(FlagSet flags, string word, TypedWords before)
    {
        int equals = word.IndexOf('=', StringComparison.Ordinal);
        bool isAssignment = before is { Waiting: null, FlagsEnded: false } && equals > 2 && word.StartsWith("--", StringComparison.Ordinal);
        return isAssignment && flags.Find(word[2..equals]) is { } flag
            ? before with { Waiting = flag, Prefix = word[..(equals + 1)] }
            : before;
    }
}
