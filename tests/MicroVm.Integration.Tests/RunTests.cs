using System.Security.Cryptography;
using MicroVm.Integration.Tests.Infrastructure;

namespace MicroVm.Integration.Tests;

/// <summary>The flags of `run` and its exit codes, from both clients, each in a VM of its own.</summary>
public sealed class RunTests(DaemonFixture fixture)
{
    private Daemon Daemon => fixture.Daemon;

    [Theory, CombinatorialClients]
    public async Task OutputAndExitCodeComeBack(string client)
    {
        CommandResult result = await RunAsync(client, [], "sh", "-c", "echo out; echo err >&2; exit 42");
        Assert.Equal(42, result.ExitCode);
        Assert.Equal("out\n", result.OutputText);
        Assert.Equal("err\n", result.ErrorText);
    }

    [Theory, CombinatorialClients]
    public async Task AMissingProgramIs127(string client) =>
        (await RunAsync(client, [], "no-such-program")).Failed(127, "executable file not found in $PATH");

    [Theory, CombinatorialClients]
    public async Task AFileThatIsNotExecutableIs126(string client) =>
        (await RunAsync(client, [], "/etc/passwd")).Failed(126, "permission denied");

    [Theory, CombinatorialClients]
    public async Task AnUnknownImageIs125(string client) =>
        (await Daemon.ClientAsync(client, ["run", "--rm", "no-such-image"])).Failed(125, "no-such-image");

    [Theory, CombinatorialClients]
    public async Task ASignalledProcessIs128PlusSignal(string client) =>
        Assert.Equal(137, (await RunAsync(client, [], "sh", "-c", "sh -c 'kill -9 $$'; exit $?")).ExitCode);

    [Theory, CombinatorialClients]
    public async Task StdinIsBinaryCleanAndEndsByHalfClose(string client)
    {
        byte[] input = RandomNumberGenerator.GetBytes(4 * 1024 * 1024);
        CommandResult result = await Daemon.ClientAsync(client, ["run", "--rm", "-i", "--network", "none", "busybox", "cat"], input);
        result.Succeeded();
        Assert.True(input.AsSpan().SequenceEqual(result.Output), $"{result.Output.Length} bytes came back");
    }

    [Theory]
    [InlineData("-e A=1 -e B=two", "sh -c 'echo $A-$B'", "1-two")]
    [InlineData("-w /var/www", "pwd", "/var/www")]
    [InlineData("-w /made/for/me", "pwd", "/made/for/me")]
    [InlineData("-u nobody", "id -un", "nobody")]
    [InlineData("-u 1234:100", "sh -c 'id -u; id -g'", "1234\n100")]
    [InlineData("--hostname web", "hostname", "web")]
    [InlineData("--entrypoint /bin/echo", "hello there", "hello there")]
    [InlineData("--read-only", "sh -c 'touch /x 2>/dev/null || echo read-only'", "read-only")]
    [InlineData("--read-only --tmpfs /scratch", "sh -c 'touch /scratch/x && echo written'", "written")]
    [InlineData("--tmpfs /work:size=1m", "sh -c 'df -k /work | tail -n 1 | tr -s \" \" | cut -d\" \" -f2'", "1024")]
    [InlineData("", "sh -c 'grep CapBnd /proc/self/status | cut -f2'", "00000000a80425fb")]
    [InlineData("--privileged", "sh -c 'grep CapBnd /proc/self/status | cut -f2'", "000001ffffffffff")]
    [InlineData("--cap-drop ALL --cap-add NET_ADMIN", "sh -c 'grep CapBnd /proc/self/status | cut -f2'", "0000000000001000")]
    [InlineData("--ulimit nofile=1000:2000", "sh -c 'ulimit -n; ulimit -Hn'", "1000\n2000")]
    [InlineData("--cpus 2", "nproc", "2")]
    [InlineData("--network none", "ls /sys/class/net", "lo")]
    [InlineData("", "sh -c 'echo $$'", "1")]
    [InlineData("--init", "sh -c 'test $$ -ne 1 && echo not first'", "not first")]
    [InlineData("--shm-size 8m", "sh -c 'df -k /dev/shm | tail -n 1 | tr -s \" \" | cut -d\" \" -f2'", "8192")]
    public async Task FlagsMeanWhatDockerSays(string flags, string command, string expected)
    {
        foreach (string client in CombinatorialClientsAttribute.Clients)
        {
            CommandResult result = await RunAsync(client, ShellWords.Split(flags), ShellWords.Split(command));
            Assert.Equal(expected, result.Succeeded());
        }
    }

    [Theory, CombinatorialClients]
    public async Task MemoryIsTheVmsOwn(string client)
    {
        string kib = (await RunAsync(client, ["-m", "128m"], "awk", "/MemTotal/ {print $2}", "/proc/meminfo")).Succeeded();
        Assert.InRange(long.Parse(kib), 64 * 1024, 128 * 1024);
    }

    /// <summary>What is accepted boots: the least memory is no guess.</summary>
    [Theory, CombinatorialClients]
    public async Task TheLeastMemoryBootsAndLessIsRefused(string client)
    {
        Assert.Equal("ok", (await RunAsync(client, ["-m", "64m"], "echo", "ok")).Succeeded());
        (await RunAsync(client, ["-m", "63m"], "echo", "ok")).Refused(client, 125, "Minimum memory limit allowed is 64MB");
    }

    [Theory, CombinatorialClients]
    public async Task EnvFileIsRead(string client)
    {
        string file = Path.Combine(Daemon.Directory, $"env-{client}");
        await File.WriteAllTextAsync(file, "# comment\nA=from file\nB\n");
        Assert.Equal("from file", (await RunAsync(client, ["--env-file", file], "sh", "-c", "echo $A")).Succeeded());
    }

    [Theory, CombinatorialClients]
    public async Task ANameCanBeTakenOnce(string client)
    {
        string name = "taken-" + client;
        (await Daemon.ClientAsync(client, ["create", "--name", name, "busybox"])).Succeeded();
        (await Daemon.ClientAsync(client, ["create", "--name", name, "busybox"])).Failed(1, "is already in use by container");
        (await Daemon.ClientAsync(client, ["run", "--name", name, "busybox"])).Failed(125, "is already in use by container");
        (await Daemon.ClientAsync(client, ["rm", name])).Succeeded();
    }

    [Theory, CombinatorialClients]
    public async Task DetachedContainersAreListedLoggedAndRemoved(string client)
    {
        string[] run = ["run", "-d", "--name", "detached-" + client, "--label", "who=" + client, "busybox", "sh", "-c", "echo ready; exec sleep 600"];
        string id = (await Daemon.ClientAsync(client, run)).Succeeded();
        Assert.Equal(64, id.Length);
        string listed = (await Daemon.ClientAsync(client, ["ps", "-q", "--no-trunc", "--filter", "label=who=" + client])).Succeeded();
        Assert.Equal(id, listed);
        using (System.Diagnostics.Process follow = Daemon.Start(client, "logs", "-f", id))
        {
            Assert.Equal("ready", await follow.StandardOutput.ReadLineAsync().WaitAsync(TimeSpan.FromMinutes(1)));
            (await Daemon.ClientAsync(client, ["stop", "-t", "0", id])).Succeeded();
            await follow.WaitForExitAsync().WaitAsync(TimeSpan.FromMinutes(1));
        }

        Assert.Equal("ready", (await Daemon.ClientAsync(client, ["logs", id])).Succeeded());
        (await Daemon.ClientAsync(client, ["rm", id])).Succeeded();
        (await Daemon.ClientAsync(client, ["logs", id])).Failed(1, "No such container");
    }

    private Task<CommandResult> RunAsync(string client, string[] flags, params string[] command) =>
        Daemon.ClientAsync(client, ["run", "--rm", .. flags.Contains("--network") ? [] : new[] { "--network", "none" }, .. flags, "busybox", .. command]);
}
