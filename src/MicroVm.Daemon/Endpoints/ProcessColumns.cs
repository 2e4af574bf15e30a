using MicroVm.Engine.Observation;

namespace MicroVm.Daemon.Endpoints;

/// <summary>
/// The columns that options of ps(1) ask for. There is no ps: the image may hold none, and one on the host sees no
/// process of a VM. What selects processes (-e, -A, a, x) is taken and means nothing: all are listed.
/// </summary>
internal sealed class ProcessColumns
{
    private const int MaxColumns = 64;
    private static readonly string[] s_full = ["user=UID", "pid", "ppid", "c", "stime", "tty", "time", "cmd"];
    private static readonly string[] s_plain = ["pid", "tty", "time", "comm=CMD"];
    private static readonly string[] s_byUser =
        ["user", "pid", "%cpu", "%mem", "vsz", "rss", "tty", "stat", "start", "bsdtime=TIME", "args=COMMAND"];
    private static readonly string[] s_long =
        ["f", "s", "uid", "pid", "ppid", "c", "pri", "ni", "sz", "tty", "time", "comm=CMD"];

    private readonly IReadOnlyList<ProcessColumn> _columns;

    private ProcessColumns(IReadOnlyList<ProcessColumn> columns) => _columns = columns;

    public IReadOnlyList<string> Titles => [.. _columns.Select(column => column.Title)];

    /// <param name="options">As typed; empty: <c>-ef</c>.</param>
    /// <exception cref="ApiException">400: an option that is not known here.</exception>
    public static ProcessColumns Parse(string options)
    {
        string[] words = options.Split(' ', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        var chosen = new List<ProcessColumn>();
        string[] format = words.Length == 0 ? s_full : s_plain;
        for (int index = 0; index < words.Length; index++)
        {
            format = ParseWord(words, ref index, chosen) ?? format;
        }

        return new(chosen.Count > 0 ? chosen : [.. format.Select(ProcessColumn.Parse)]);
    }

    public IReadOnlyList<string> Row(ContainerProcess process, DateTimeOffset now) => [.. _columns.Select(column => column.Render(process, now))];

    /// <summary>One word: letters that choose a format or say nothing, or what adds columns. Null: the format stays.</summary>
    private static string[]? ParseWord(string[] words, ref int index, List<ProcessColumn> chosen)
    {
        string word = words[index];
        bool isBsd = word[0] != '-';
        string letters = isBsd ? word : word[1..];
        if (letters.StartsWith("-format", StringComparison.Ordinal))
        {
            string given = letters["-format".Length..];
            AddColumns(given.StartsWith('=') ? given[1..] : Next(words, ref index), chosen);
            return null;
        }

        string[]? format = null;
        for (int place = 0; place < letters.Length; place++)
        {
            if (letters[place] is 'o')
            {
                AddColumns(place + 1 < letters.Length ? letters[(place + 1)..] : Next(words, ref index), chosen);
                break;
            }

            format = FormatOf(letters[place], isBsd, word) ?? format;
        }

        return format;
    }

    private static string[]? FormatOf(char letter, bool isBsd, string word) => (letter, isBsd) switch
    {
        ('f' or 'F', false) => s_full,
        ('u', true) => s_byUser,
        ('l', _) => s_long,
        ('e' or 'A' or 'a' or 'x' or 'w' or 'd' or 'y' or 'H', false) or ('a' or 'x' or 'w' or 'e' or 'f', true) => null,
        ('u', false) when word is "-aux" or "-auxw" or "-auxww" => s_byUser,
        _ => throw Unsupported(word),
    };

    private static string Next(string[] words, ref int index) =>
        ++index < words.Length ? words[index] : throw Unsupported(words[index - 1]);

    private static void AddColumns(string list, List<ProcessColumn> chosen)
    {
        // "pid=PROCESS ID,…": behind a '=' all is the title.
        string[] names = list.Contains('=', StringComparison.Ordinal) ? [list] : list.Split(',', StringSplitOptions.RemoveEmptyEntries);
        chosen.AddRange(names.Select(ProcessColumn.Parse));
        if (chosen.Count > MaxColumns)
        {
            throw ApiException.BadRequest($"top: more than {MaxColumns} columns");
        }
    }

    private static ApiException Unsupported(string word) => ApiException.BadRequest(
        $"top: ps option \"{(word.Length > 60 ? word[..60] : word)}\" is not supported: use -ef, aux, or -o with columns such as pid,ppid,user,stat,time,args");
}
