using System.Diagnostics;
using MicroVm.Cli.Tests.Processes;

namespace MicroVm.Cli.Tests.Completion;

/// <summary>The scripts in real shells on a terminal: what is typed, a Tab, and what the shell then runs.</summary>
public class ShellTests
{
    /// <param name="Command">Started with the directory of the scripts as its first argument.</param>
    /// <param name="Setup">Typed first.</param>
    private sealed record Shell(string Command, string Setup);

    // Shown when the shell takes keys: what comes before is the terminal's to edit.
    private const string Prompt = "PROMPT IS HERE> ";

    // Without a word on the screen that is typed. And zsh's own Tab expands a word, substitutions too, before it completes it.
    private const string SetPrompt = "PS1='PROMPT'' IS HERE> '";
    private const string PlainTab = "unsetopt beep; bindkey '^I' complete-word; " + SetPrompt;

    private static readonly Dictionary<string, Shell> s_shells = new()
    {
        ["bash"] = new("bash --norc --noprofile -i", SetPrompt + "; bind 'set bell-style none'; . $SCRIPTS/mvm.bash"),
        ["zsh"] = new("zsh -f -i", PlainTab + "; fpath=($SCRIPTS $fpath); autoload -U compinit; compinit -u -D"),
        ["zsh, sourced"] = new("zsh -f -i", PlainTab + "; autoload -U compinit; compinit -u -D; . $SCRIPTS/_mvm"),
        ["fish"] = new("fish --private --no-config -i", "function fish_prompt; echo -n 'PROMPT'' IS HERE> '; end; set fish_complete_path $SCRIPTS"),
    };

    public static TheoryData<string, string, string> Cases
    {
        get
        {
            var cases = new TheoryData<string, string, string>();
            foreach (string shell in s_shells.Keys)
            {
                cases.Add(shell, "vers\t", "<version>");
                cases.Add(shell, "container rena\t old new", "<container><rename><old><new>");
                cases.Add(shell, "exec we\ttrue", "<exec><web><true>");
                cases.Add(shell, "start \t", "<start><old>");
                cases.Add(shell, "run --netw\t nonsense", "<run><--network><nonsense>");
                cases.Add(shell, "run --network=d\t x", "<run><--network=default><x>");
                cases.Add(shell, "run --log-driver j\t x", "<run><--log-driver><json-file><x>");
                cases.Add(shell, "ps --filter sta\trunning", "<ps><--filter><status=running>");
                cases.Add(shell, "ps --filter status=pa\t -a", "<ps><--filter><status=paused><-a>");
                cases.Add(shell, "run python:3.\t true", "<run><python:3.11-slim><true>");
                cases.Add(shell, "rmi localhost:5000/team/app:\t", "<rmi><localhost:5000/team/app:latest>");
                cases.Add(shell, "run -e 'A $(touch mark) B' localhost:5000/team/app:l\t", "<run><-e><A $(touch mark) B><localhost:5000/team/app:latest>");
                cases.Add(shell, "cp wor\t/etc/passwd here", "<cp><worker.1:/etc/passwd><here>");
                cases.Add(shell, "load -i archi\t", "<load><-i><archive.tar>");
                cases.Add(shell, "run --env-file=archi\t x", "<run><--env-file=archive.tar><x>");
            }

            return cases;
        }
    }

    public static TheoryData<string> Names => [.. s_shells.Keys];

    [Theory]
    [MemberData(nameof(Cases))]
    public void A_tab_completes(string name, string typed, string expected) => OnTerminal(name, (terminal, directory) =>
    {
        terminal.Type($"mvm {typed}\r");
        terminal.WaitFor($"RAN{expected}.");
        Assert.False(File.Exists(directory.File("mark")));
    });

    [Theory]
    [MemberData(nameof(Names))]
    public void A_tab_evaluates_nothing(string name) => OnTerminal(name, (terminal, directory) =>
    {
        // The word under the cursor is plain: zsh expands that itself before it asks for completions.
        terminal.Type("mvm -H $(touch mark) exec -e `touch mark` -e \"$(touch mark)\" nosuch\t");
        terminal.Type("\x15mvm over\r");
        terminal.WaitFor("RAN<over>.");
        Assert.False(File.Exists(directory.File("mark")));
    });

    private static void OnTerminal(string name, Action<PseudoTerminal, TemporaryDirectory> test)
    {
        using var directory = new TemporaryDirectory();
        using FakeEngine engine = Engines.Make();
        using var terminal = new PseudoTerminal(40, 200);
        Prepare(directory);
        using Process process = terminal.StartProgram(engine, Inside(directory, s_shells[name].Command));
        try
        {
            terminal.Type(s_shells[name].Setup + "; mvm ready\r");
            terminal.WaitFor("RAN<ready>.");
            terminal.WaitFor(Prompt);
            test(terminal, directory);
        }
        finally
        {
            process.Kill(entireProcessTree: true);
        }
    }

    /// <summary>Hostile names are not among what is offered, and the description reaches the user.</summary>
    [Fact]
    public async Task Fish_lists_candidates_with_their_description()
    {
        using var directory = new TemporaryDirectory();
        using FakeEngine engine = Engines.Make();
        Prepare(directory);
        (int exitCode, string output) = await global::MicroVm.Tests.Commands.RunAsync(
            "sh", "-c", $"MVM_HOST={engine.SocketPath} {Inside(directory, "fish --no-config -c 'set fish_complete_path $SCRIPTS; complete -C \"mvm exec \"'")}");
        Assert.Equal((0, "web\tnginx:1, Up 3 minutes\nworker.1\tx?[31m $(touch image), Up\n"), (exitCode, output));
    }

    private static string Inside(TemporaryDirectory directory, string command) =>
        $"env HOME={directory.Path} PATH={directory.File("bin")}:$PATH SCRIPTS={directory.File("scripts")} sh -c 'cd {directory.Path}; exec {command.Replace("'", "'\\''", StringComparison.Ordinal)}'";

    private static void Prepare(TemporaryDirectory directory)
    {
        File.WriteAllText(directory.File("archive.tar"), "");
        Directory.CreateDirectory(directory.File("bin"));
        Directory.CreateDirectory(directory.File("scripts"));
        string program = directory.File("bin/mvm");
        File.WriteAllText(program, $"#!/bin/sh\n[ \"$1\" = __complete ] && exec {Mvm.Program} \"$@\"\nprintf RAN; printf '<%s>' \"$@\"; echo .\n");
        File.SetUnixFileMode(program, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        foreach ((string shell, string file) in new[] { ("bash", "mvm.bash"), ("zsh", "_mvm"), ("fish", "mvm.fish") })
        {
            File.WriteAllText(directory.File("scripts/" + file), Mvm.Run(null, ["completion", shell]).Text);
        }
    }
}
