using System.Text;
using MicroVm.Cli.Commands;
using MicroVm.Cli.Output;

namespace MicroVm.Cli.Arguments;

/// <summary>Help, laid out as Docker's.</summary>
internal static class HelpText
{
    private const int MinimumUsageWidth = 24;

    internal static string UsageLine(CommandInfo info) => $"mvm {info.Name} [OPTIONS] {info.Operands}".TrimEnd();

    internal static void Write(TextOutput output, CommandInfo info, FlagSet flags)
    {
        output.WriteLine($"Usage:  {UsageLine(info)}").WriteLine().WriteLine(info.Summary);
        if (flags.Flags.Count > 0)
        {
            output.WriteLine().WriteLine("Options:");
            WriteFlags(output, flags);
        }
    }

    internal static void WriteTop(TextOutput output, FlagSet flags)
    {
        output.WriteLine("Usage:  mvm [OPTIONS] COMMAND").WriteLine();
        output.WriteLine("Containers that are virtual machines: an OCI image in, a micro-VM out").WriteLine();
        WriteCommands(output, "Common Commands:", CommandTable.All.Where(info => info.IsCommon));
        WriteCommands(output, "Commands:", CommandTable.All.Where(info => !info.IsCommon));
        output.WriteLine("Global Options:");
        WriteFlags(output, flags);
        output.WriteLine().WriteLine("Run 'mvm COMMAND --help' for more information on a command.");
    }

    private static void WriteCommands(TextOutput output, string title, IEnumerable<CommandInfo> commands)
    {
        output.WriteLine(title);
        foreach (CommandInfo info in commands)
        {
            output.WriteLine($"  {info.Name,-11} {info.Summary}");
        }

        output.WriteLine();
    }

    private static void WriteFlags(TextOutput output, FlagSet flags)
    {
        var rows = flags.Flags.OrderBy(flag => flag.Name, StringComparer.Ordinal).Select(flag => (Left: Left(flag), flag.Usage)).ToList();
        int indent = rows.Max(row => row.Left.Length) + 3;
        int width = Math.Max(MinimumUsageWidth, output.Width - indent);
        foreach ((string left, string usage) in rows)
        {
            string prefix = left.PadRight(indent);
            foreach (string line in Wrap(usage, width))
            {
                output.WriteLine(prefix + line);
                prefix = new string(' ', indent);
            }
        }
    }

    private static string Left(Flag flag)
    {
        string shorthand = flag.Shorthand == '\0' ? "      " : $"  -{flag.Shorthand}, ";
        return $"{shorthand}--{flag.Name}{(flag.ValueType is { } type ? " " + type : "")}";
    }

    private static IEnumerable<string> Wrap(string text, int width)
    {
        var line = new StringBuilder();
        foreach (string word in text.Split(' '))
        {
            if (line.Length > 0 && line.Length + 1 + word.Length > width)
            {
                yield return line.ToString();
                line.Clear();
            }

            line.Append(line.Length > 0 ? " " : "").Append(word);
        }

        yield return line.ToString();
    }
}
