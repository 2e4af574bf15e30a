using System.Diagnostics;

namespace MicroVm.Daemon.Tests.Endpoints;

/// <summary>
/// The stock client, whichever versions are installed (20.10 speaks 1.41, 28 speaks 1.50). Runs in virtual machines are
/// the integration tests' matter.
/// </summary>
public class DockerClientTests
{
    public static TheoryData<string> Clients => [.. new[] { "/usr/bin/docker", "/usr/local/bin/docker" }.Where(File.Exists)];

    [Theory, MemberData(nameof(Clients))]
    public async Task Version_info_and_lists_are_understood(string client)
    {
        await using ApiTestServer server = await ApiTestServer.StartAsync();
        Assert.Contains("1.50 (minimum version 1.24)", await RunAsync(client, server, "version"));
        Assert.Contains("Storage Driver: erofs", await RunAsync(client, server, "info"));
        Assert.StartsWith("REPOSITORY", await RunAsync(client, server, "images"));
        Assert.StartsWith("CONTAINER ID", await RunAsync(client, server, "ps", "-a", "--filter", "label=x", "--filter", "status=exited"));
    }

    [Theory, MemberData(nameof(Clients))]
    public async Task A_container_goes_through_its_life(string client)
    {
        await using ApiTestServer server = await ApiTestServer.StartAsync();
        string id = (await RunAsync(client, server, "create", "--name", "box", "-p", "127.0.0.1:8080:80", "-e", "A=1", "busybox", "true")).Trim();
        Assert.Equal(64, id.Length);
        await RunAsync(client, server, "start", "box");
        Assert.Contains("127.0.0.1:8080->80/tcp", await RunAsync(client, server, "ps"));
        Assert.Equal("running [A=1]", (await RunAsync(client, server, "inspect", "-f", "{{.State.Status}} {{.Config.Env}}", "box")).Trim());
        Assert.Equal("out\nerr\n", await RunAsync(client, server, "logs", "box"));
        await RunAsync(client, server, "kill", "box");
        Assert.Equal("137", (await RunAsync(client, server, "wait", "box")).Trim());
        Assert.Contains("Exited (137)", await RunAsync(client, server, "ps", "-a"));
        await RunAsync(client, server, "rm", "box");
        Assert.Equal("", await RunAsync(client, server, "ps", "-aq"));
    }

    [Theory, MemberData(nameof(Clients))]
    public async Task Run_attaches_streams_and_hands_the_exit_code_on(string client)
    {
        await using ApiTestServer server = await ApiTestServer.StartAsync();
        (int code, string output) = await RunAsync(client, server, ["run", "-i", "busybox"], "typed");
        Assert.Equal((3, "typedbye"), (code, output));
    }

    [Theory, MemberData(nameof(Clients))]
    public async Task Errors_are_printed_as_one_line(string client)
    {
        await using ApiTestServer server = await ApiTestServer.StartAsync();
        Assert.Equal((1, "Error response from daemon: No such container: nope\n"), await RunAsync(client, server, ["kill", "nope"], ""));
        (int code, string output) = await RunAsync(client, server, ["inspect", "nope"], "");
        Assert.Equal(1, code);
        Assert.Contains("No such object: nope", output);
    }

    private static async Task<string> RunAsync(string client, ApiTestServer server, params string[] arguments)
    {
        (int code, string output) = await RunAsync(client, server, arguments, "");
        Assert.True(code == 0, $"docker {string.Join(' ', arguments)}: {output}");
        return output;
    }

    /// <summary>Exit code, and stdout with stderr after it.</summary>
    private static async Task<(int Code, string Output)> RunAsync(string client, ApiTestServer server, string[] arguments, string input)
    {
        var start = new ProcessStartInfo(client, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            Environment = { ["DOCKER_HOST"] = "unix://" + server.SocketPath, ["DOCKER_CONFIG"] = server.Options.Root },
        };
        using Process process = Process.Start(start)!;
        await process.StandardInput.WriteAsync(input);
        process.StandardInput.Close();
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        Task<string> output = process.StandardOutput.ReadToEndAsync(patience.Token);
        Task<string> error = process.StandardError.ReadToEndAsync(patience.Token);
        await process.WaitForExitAsync(patience.Token);
        return (process.ExitCode, await output + await error);
    }
}
