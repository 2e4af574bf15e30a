using System.Diagnostics;
using System.Security.Cryptography;
using MicroVm.Integration.Tests.Infrastructure;

namespace MicroVm.Integration.Tests;

/// <summary>`exec` from both clients, in one VM that runs on.</summary>
public sealed class ExecTests(DaemonFixture fixture) : IAsyncLifetime
{
    private readonly string _name = "exec-" + Guid.NewGuid().ToString("N")[..8];

    private Daemon Daemon => fixture.Daemon;

    public async ValueTask InitializeAsync() => (await Daemon.MvmAsync(
        "run", "-d", "--name", _name, "--network", "none", "-e", "KEPT=1", "-e", "CHANGED=1", "-w", "/var", "busybox", "sleep", "1000")).Succeeded();

    public async ValueTask DisposeAsync() => (await Daemon.MvmAsync("rm", "-f", _name)).Succeeded();

    [Theory, CombinatorialClients]
    public async Task OutputAndExitCodeComeBack(string client)
    {
        CommandResult result = await ExecAsync(client, [], "sh", "-c", "echo out; echo err >&2; exit 42");
        Assert.Equal(42, result.ExitCode);
        Assert.Equal("out\n", result.OutputText);
        Assert.Equal("err\n", result.ErrorText);
    }

    [Theory]
    [InlineData("", "sh -c 'echo $KEPT; pwd; id -u; hostname | wc -c'", "1\n/var\n0\n13")]
    [InlineData("-e CHANGED=2 -e NEW=3", "sh -c 'echo $KEPT$CHANGED$NEW'", "123")]
    [InlineData("-w /etc", "pwd", "/etc")]
    [InlineData("-u nobody", "id -un", "nobody")]
    [InlineData("-u 1234:100", "sh -c 'id -u; id -g'", "1234\n100")]
    [InlineData("", "sh -c 'grep CapBnd /proc/self/status | cut -f2'", "00000000a80425fb")]
    [InlineData("--privileged", "sh -c 'grep CapBnd /proc/self/status | cut -f2'", "000001ffffffffff")]
    [InlineData("", "sh -c 'tr -d \"\\0\" < /proc/1/cmdline'", "sleep1000")]
    [InlineData("", "cat", "")]
    public async Task FlagsMeanWhatDockerSays(string flags, string command, string expected)
    {
        foreach (string client in CombinatorialClientsAttribute.Clients)
        {
            CommandResult result = await ExecAsync(client, ShellWords.Split(flags), ShellWords.Split(command));
            Assert.Equal(expected, result.Succeeded());
        }
    }

    [Theory, CombinatorialClients]
    public async Task StdinIsBinaryCleanAndEndsByHalfClose(string client)
    {
        byte[] input = RandomNumberGenerator.GetBytes(4 * 1024 * 1024);
        CommandResult result = await Daemon.ClientAsync(client, ["exec", "-i", _name, "cat"], input);
        result.Succeeded();
        Assert.True(input.AsSpan().SequenceEqual(result.Output), $"{result.Output.Length} bytes came back");
    }

    [Theory, CombinatorialClients]
    public async Task WhatCannotBeRunSaysWhy(string client)
    {
        await CannotRunAsync(client, 127, "executable file not found in $PATH", "no-such-program");
        await CannotRunAsync(client, 126, "permission denied", "/etc/passwd");
        CommandResult unknown = await ExecAsync(client, ["-u", "who"], "true");
        Assert.Equal(126, unknown.ExitCode);
        Assert.Contains("unable to find user who", unknown.OutputText);
    }

    [Theory, CombinatorialClients]
    public async Task ADetachedProcessRunsOn(string client)
    {
        (await ExecAsync(client, ["-d"], "sh", "-c", $"sleep 0.2; echo {client} > /tmp/{client}; exec sleep 1000")).Succeeded();
        string read = $"while ! [ -s /tmp/{client} ]; do sleep 0.1; done; cat /tmp/{client}";
        Assert.Equal(client, (await ExecAsync(client, [], "sh", "-c", read)).Succeeded());
        Assert.Matches("^\\[\"[0-9a-f]{64}\"\\]$", await InspectAsync("{{json .ExecIDs}}"));
    }

    [Theory, CombinatorialClients]
    public async Task AChildThatKeepsTheOutputOpenDoesNotKeepTheClient(string client) =>
        Assert.Equal("done", (await ExecAsync(client, [], "sh", "-c", "sleep 1000 & echo done")).Succeeded());

    [Theory, CombinatorialClients]
    public async Task ItEndsWithItsContainer(string client)
    {
        using Process exec = Daemon.Start(client, "exec", _name, "sh", "-c", "echo ready; exec sleep 1000");
        Assert.Equal("ready", await exec.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken));
        (await Daemon.MvmAsync("kill", _name)).Succeeded();
        Assert.Equal(137, (await Command.FinishAsync(exec)).ExitCode);
        (await ExecAsync(client, [], "true")).Failed(1, "is not running");
    }

    [Theory]
    [InlineData("""{"Cmd":["a\u0000b"]}""", "invalid command: an argument holds a NUL character")]
    [InlineData("""{"Cmd":["true"],"Env":["A=\u0000"]}""", "invalid environment variable: A=")]
    [InlineData("""{"Cmd":["true"],"WorkingDir":"here"}""", "the working directory 'here' is invalid, it needs to be an absolute path")]
    [InlineData("""{"Cmd":["true"],"User":"\u0000"}""", "invalid user: ")]
    public async Task WhatNoGuestCouldRunIsRefused(string body, string message)
    {
        CommandResult refused = await Command.RunAsync(
            "curl", ["-sS", "-w", " %{http_code}", "--unix-socket", Daemon.Socket, "-H", "Content-Type: application/json", "-d", body, $"http://d/containers/{_name}/exec"]);
        Assert.Equal($"{{\"message\":\"{message}\"}}\n 400", refused.Succeeded());
    }

    [Theory, CombinatorialClients]
    public async Task AnUnknownContainerIsToldOf(string client) =>
        (await Daemon.ClientAsync(client, ["exec", "no-such-container", "true"])).Failed(1, "No such container: no-such-container");

    [Fact]
    public async Task AHundredRunAtOnce()
    {
        Task<CommandResult>[] all = [.. Enumerable.Range(0, 100).Select(i => ExecAsync("mvm", [], "sh", "-c", $"sleep 1; echo {i}; exit {i}"))];
        CommandResult[] results = await Task.WhenAll(all);
        Assert.Equal(Enumerable.Range(0, 100).Select(i => (i, $"{i}\n")), results.Select(r => (r.ExitCode, r.OutputText)));
        Assert.Equal("null", await InspectAsync("{{json .ExecIDs}}"));
    }

    [Fact]
    public async Task TheGuestForgetsThoseThatEnded()
    {
        // A guest keeps at most 1024 processes.
        for (int round = 0; round < 30; round++)
        {
            Task<CommandResult>[] some = [.. Enumerable.Range(0, 40).Select(_ => ExecAsync("mvm", ["-d"], "true"))];
            Assert.All(await Task.WhenAll(some), r => r.Succeeded());
        }

        Assert.Equal("still", (await ExecAsync("mvm", [], "echo", "still")).Succeeded());
    }

    private async Task CannotRunAsync(string client, int code, string text, string program)
    {
        CommandResult result = await ExecAsync(client, [], program);
        Assert.Equal(code, result.ExitCode);
        Assert.Contains("OCI runtime exec failed: exec failed: unable to start container process: ", result.OutputText);
        Assert.Contains(text, result.OutputText);
    }

    private async Task<string> InspectAsync(string format) => (await Daemon.MvmAsync("inspect", "-f", format, _name)).Succeeded();

    private Task<CommandResult> ExecAsync(string client, string[] flags, params string[] command) =>
        Daemon.ClientAsync(client, ["exec", .. flags, _name, .. command]);
}
