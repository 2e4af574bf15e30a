namespace MicroVm.Cli.Commands;

/// <summary>The script that makes a shell ask <c>mvm __complete</c>; <c>make install</c> puts the same where shells look.</summary>
internal sealed class CompletionCommand : Command
{
    private static readonly string[] s_shells = ["bash", "zsh", "fish"];

    internal override int Execute(CommandContext context, List<string> operands)
    {
        string shell = operands[0];
        if (!s_shells.Contains(shell))
        {
            throw new CliException($"no completion for '{shell}': shells are {string.Join(", ", s_shells)}");
        }

        using Stream script = typeof(CompletionCommand).Assembly.GetManifestResourceStream("mvm." + shell)!;
        using var reader = new StreamReader(script);
        context.Out.Write(reader.ReadToEnd());
        return ExitCodes.Success;
    }
}
