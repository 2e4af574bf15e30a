using MicroVm.Cli.Arguments;
using MicroVm.Cli.Commands;
using MicroVm.Cli.Tests.Processes;

namespace MicroVm.Cli.Tests.Completion;

/// <summary>What <c>mvm __complete</c> answers: directives, then candidates.</summary>
public class CompletionRequestTests
{
    [Theory]
    [InlineData("ru", "run")]
    [InlineData("sto", "stop")]
    [InlineData("co", "commit completion container")]
    [InlineData("help in", "info inspect")]
    [InlineData("container st", "start stats stop")]
    [InlineData("image r", "remove rm")]
    [InlineData("system ", "df events info prune")]
    [InlineData("nonsense ", "")]
    [InlineData("nonsense --", "")]
    [InlineData("completion ", "bash zsh fish")]
    [InlineData("completion bash ", "")]
    [InlineData("--ho", "--host")]
    [InlineData("run --netw", "--network --network-alias")]
    [InlineData("network ", "connect create disconnect inspect list ls prune remove rm")]
    [InlineData("network ls --filter dr", "driver=")]
    [InlineData("run --network ", "none default bridge")]
    [InlineData("run --network d", "default")]
    [InlineData("run --network=d", "--network=default")]
    [InlineData("run -it --rm --restart u", "unless-stopped")]
    [InlineData("run --pull ", "missing always never")]
    [InlineData("create --log-driver ", "json-file local none")]
    [InlineData("create --runtime=", "--runtime=qemu --runtime=libvirt")]
    [InlineData("container create --log-opt max-s", "max-size=")]
    [InlineData("ps --format ", "table json")]
    [InlineData("inspect --format j", "json")]
    [InlineData("ps --filter sta", "status=")]
    [InlineData("ps --filter status=r", "status=running status=restarting status=removing")]
    [InlineData("ps --filter=status=p", "--filter=status=paused")]
    [InlineData("ps -f health=s", "health=starting")]
    [InlineData("run --privileged=t", "--privileged=true")]
    [InlineData("kill -s SIGU", "SIGUSR1 SIGUSR2")]
    [InlineData("run --cap-add NET_A", "NET_ADMIN")]
    [InlineData("run --name ", "")]
    [InlineData("exec ", "web worker.1")]
    [InlineData("exec -u root w", "web worker.1")]
    [InlineData("exec web ", "")]
    [InlineData("exec web --", "")]
    [InlineData("stop ", "web worker.1 idle")]
    [InlineData("stop -t 3 web ", "worker.1 idle")]
    [InlineData("stop -t ", "")]
    [InlineData("unpause ", "idle")]
    [InlineData("start ", "old")]
    [InlineData("rm -f web ", "worker.1 idle old")]
    [InlineData("container rm -- o", "old")]
    [InlineData("logs --tail 5 ", "web worker.1 idle old")]
    [InlineData("logs web ", "")]
    [InlineData("rename web ", "")]
    [InlineData("run p", "python:3.11-slim python:3")]
    [InlineData("run -it python:3.", "python:3.11-slim")]
    [InlineData("rmi localhost:", "localhost:5000/team/app:latest localhost:5000/team/app")]
    [InlineData("tag python:3 p", "python:3.11-slim python:3")]
    [InlineData("history py", "python:3.11-slim python:3")]
    [InlineData("commit web p", "python:3.11-slim python:3")]
    [InlineData("inspect ", "web worker.1 idle old python:3.11-slim python:3 localhost:5000/team/app:latest localhost:5000/team/app")]
    [InlineData("container inspect ", "web worker.1 idle old")]
    [InlineData("image inspect p", "python:3.11-slim python:3")]
    [InlineData("cp w", "web: worker.1:")]
    public void Words(string line, string expected)
    {
        using FakeEngine engine = Engines.Make();
        Assert.Equal(expected, string.Join(' ', Ask(engine, line).Values));
    }

    [Theory]
    [InlineData("ps ", ":")]
    [InlineData("load -i ", ":files")]
    [InlineData("run --env-file=", ":files")]
    [InlineData("run image ", ":files")]
    [InlineData("run --log-opt ", ":nospace")]
    [InlineData("cp ", ":files nospace")]
    public void Directives(string line, string expected)
    {
        using FakeEngine engine = Engines.Make();
        Assert.Equal(expected, Ask(engine, line).Directives);
    }

    [Fact]
    public void A_container_is_described_in_one_harmless_line()
    {
        using FakeEngine engine = Engines.Make();
        string[] lines = Text(engine, "exec w").Split('\n');
        Assert.Equal([":", "web\tnginx:1, Up 3 minutes", "worker.1\tx?[31m $(touch image), Up", ""], lines);
    }

    /// <summary>Every command is offered, and so is every flag of each.</summary>
    [Fact]
    public void Nothing_is_forgotten()
    {
        using FakeEngine engine = Engines.Make();
        foreach (CommandInfo info in CommandTable.All)
        {
            string[] words = info.Name.Split(' ');
            Assert.Contains(words[^1], Ask(engine, info.Name).Values);
            var flags = new FlagSet();
            CommandTable.Create(info).Define(flags);
            Assert.Equal([.. flags.Flags.Select(flag => "--" + flag.Name), "--help"], Ask(engine, info.Name + " --").Values);
        }
    }

    /// <summary>A verb that a group offers is a command.</summary>
    [Fact]
    public void Groups_have_only_commands_that_are_there() => Assert.All(
        CommandTable.Groups.SelectMany(group => group.Verbs, (group, verb) => CommandTable.ResolveLongForm(group.Name, verb)),
        name => Assert.NotNull(CommandTable.Find(name!)));

    [Fact]
    public void Without_a_daemon_it_is_quiet_and_starts_none()
    {
        using var directory = new TemporaryDirectory();
        string program = directory.File("mvmd");
        File.WriteAllText(program, $"#!/bin/sh\ntouch {directory.File("started")}\n");
        File.SetUnixFileMode(program, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        var environment = new Dictionary<string, string> { ["MVM_DAEMON"] = program, ["XDG_RUNTIME_DIR"] = directory.Path };
        foreach (string[] words in new string[][] { ["exec", ""], ["-H", "unix:///nope.sock", "exec", ""], ["-H", "tcp://x", "run", ""] })
        {
            Mvm.Result result = Mvm.Run(null, ["__complete", "--", .. words], environment: environment);
            Assert.Equal((0, ""), (result.ExitCode, result.Error));
            Assert.StartsWith(":\n", result.Text, StringComparison.Ordinal);
        }

        Assert.False(File.Exists(directory.File("started")));
    }

    [Theory]
    [InlineData("HTTP/1.1 500 X\r\nContent-Length: 0\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n[{]")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 17\r\n\r\n[1,\"a\",{\"Names\":1")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")]
    [InlineData("nonsense\r\n\r\n")]
    public void A_broken_daemon_leaves_the_list_empty(string answer)
    {
        using var engine = new FakeEngine();
        engine.On("GET", request =>
        {
            request.Raw(answer);
            request.Socket.Close();
        });
        Assert.Equal(":\n", Text(engine, "exec "));
    }

    [Fact]
    public void A_daemon_that_does_not_answer_is_given_up()
    {
        using var engine = new FakeEngine();
        engine.On("GET", _ => { });
        Assert.Equal(":files nospace\n", Text(engine, "cp "));
    }

    [Theory]
    [InlineData("bash")]
    [InlineData("zsh")]
    [InlineData("fish")]
    public void The_scripts_are_part_of_the_program(string shell)
    {
        string script = Mvm.Run(null, ["completion", shell]).Text;
        Assert.Contains("__complete -- ", script, StringComparison.Ordinal);
    }

    [Fact]
    public void An_unknown_shell_is_refused()
    {
        Mvm.Result result = Mvm.Run(null, ["completion", "csh"]);
        Assert.Equal((1, "mvm: no completion for 'csh': shells are bash, zsh, fish\n"), (result.ExitCode, result.Error));
    }

    private static (string Directives, string[] Values) Ask(FakeEngine engine, string line)
    {
        string[] lines = Text(engine, line).TrimEnd('\n').Split('\n');
        return (lines[0], [.. lines[1..].Select(candidate => candidate[..candidate.IndexOf('\t', StringComparison.Ordinal)])]);
    }

    private static string Text(FakeEngine engine, string line)
    {
        Mvm.Result result = Mvm.Run(engine, ["__complete", "--", .. line.Split(' ')]);
        Assert.Equal((0, ""), (result.ExitCode, result.Error));
        return result.Text;
    }
}
