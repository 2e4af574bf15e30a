using System.Diagnostics;
using System.Text;
using MicroVm.Integration.Tests.Infrastructure;

namespace MicroVm.Integration.Tests;

/// <summary><c>build</c> with both clients, RUN in real VMs.</summary>
public sealed class BuildTests(DaemonFixture fixture) : IDisposable
{
    private const string Multistage = """
        FROM busybox AS builder
        ARG WORD=default
        WORKDIR /src
        COPY . .
        RUN echo "$WORD $(cat a)" > /made && chown 3:4 /made && ls -A > /seen
        RUN rm /src/a && mkdir /var/www/x
        FROM busybox
        COPY --from=builder /made /seen /out/
        RUN <<EOF
        echo from a document >> /out/made
        EOF
        USER nobody
        CMD cat /out/made /out/seen; stat -c %u:%g /out/made; id -u
        """;

    private static readonly Dictionary<string, string> s_classic = new() { ["DOCKER_BUILDKIT"] = "0" };

    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("mvm-build-");
    private readonly string _name = "build-" + Guid.NewGuid().ToString("N")[..8];

    private Daemon Daemon => fixture.Daemon;

    public void Dispose() => _directory.Delete(recursive: true);

    [Theory, CombinatorialClients]
    public async Task A_Dockerfile_becomes_an_image_that_runs(string client)
    {
        Write("Dockerfile", Multistage);
        Write("a", "content");
        Write("left-out", "x");
        Write(".dockerignore", "left-out\nDockerfile\n");
        string file = Path.Combine(_directory.FullName, "id");
        string output = (await BuildAsync(client, "-t", _name, "-t", _name + ":2", "--build-arg", "WORD=given", "--network", "none", "--iidfile", file, ".")).Succeeded();
        Assert.Contains($"Successfully tagged {_name}:2", output, StringComparison.Ordinal);
        Assert.Equal("given content\nfrom a document\n.dockerignore\na\n3:4\n65534", (await Daemon.ClientAsync(client, ["run", "--rm", "--network", "none", _name])).Succeeded());
        string id = await File.ReadAllTextAsync(file, TestContext.Current.CancellationToken);
        Assert.Equal(id, (await Daemon.ClientAsync(client, ["inspect", "-f", "{{.Id}}", _name + ":2"])).Succeeded());

        // Nothing changed but the id file, which is left out of what RUN sees.
        File.Delete(file);
        Assert.Equal(id, (await BuildAsync(client, "-q", "--build-arg", "WORD=given", ".")).Succeeded());
        Assert.Equal(0, await IntermediatesAsync(client));
        (await Daemon.ClientAsync(client, ["rmi", _name, _name + ":2"])).Succeeded();
    }

    [Theory, CombinatorialClients]
    public async Task A_command_that_fails_ends_the_build_with_its_code(string client)
    {
        Write("Dockerfile", "FROM busybox\nRUN echo before; exit 7\nRUN echo after");
        CommandResult result = await BuildAsync(client, ".");
        Assert.Equal(7, result.ExitCode);
        Assert.Contains("before", result.OutputText, StringComparison.Ordinal);
        Assert.DoesNotContain("after", result.OutputText.Split("Running in")[1], StringComparison.Ordinal);
        Assert.Contains("The command '/bin/sh -c echo before; exit 7' returned a non-zero code: 7", result.ErrorText, StringComparison.Ordinal);
        Assert.Equal(0, await IntermediatesAsync(client));
    }

    [Theory, CombinatorialClients]
    public async Task A_Dockerfile_comes_from_stdin_or_from_elsewhere(string client)
    {
        byte[] piped = Encoding.UTF8.GetBytes("FROM busybox\nCMD echo piped\n");
        string id = (await Daemon.ClientAsync(client, ["build", "-q", "-"], s_classic, piped)).Succeeded();
        Assert.Equal("piped", (await Daemon.ClientAsync(client, ["run", "--rm", "--network", "none", id])).Succeeded());

        string elsewhere = Path.Combine(_directory.FullName, "elsewhere");
        Write("elsewhere", "FROM busybox\nCOPY . /x\nRUN ls -A /x > /seen\nCMD cat /seen");
        Directory.CreateDirectory(Path.Combine(_directory.FullName, "context"));
        Write("context/a", "");
        id = (await Daemon.ClientAsync(client, ["build", "-q", "-f", elsewhere, Path.Combine(_directory.FullName, "context")], s_classic, default)).Succeeded();
        Assert.Equal("a", (await Daemon.ClientAsync(client, ["run", "--rm", "--network", "none", id])).Succeeded());
    }

    [Theory]
    [InlineData("FROM busybox\nNO such", "dockerfile parse error line 2: unknown instruction: NO")]
    [InlineData("FROM busybox\nCOPY none /x", "COPY failed: file not found in build context or excluded by .dockerignore: stat none: file does not exist")]
    public async Task What_is_wrong_is_one_line(string dockerfile, string message)
    {
        Write("Dockerfile", dockerfile);
        CommandResult result = await BuildAsync("mvm", ".");
        Assert.Equal((1, "mvm: " + message), (result.ExitCode, result.ErrorText.Trim()));
    }

    [Theory, CombinatorialClients]
    public async Task A_client_that_goes_away_cancels_the_build(string client)
    {
        Write("Dockerfile", "FROM busybox\nRUN echo begun; sleep 100000");
        using Process process = await BegunAsync(Daemon, client);
        process.Kill();
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        // The container goes first, the build's directory after it.
        string builds = Path.Combine(Daemon.Root, "builds");
        for (int attempt = 0; await IntermediatesAsync("mvm") > 0 || Directory.EnumerateFileSystemEntries(builds).Any(); attempt++)
        {
            Assert.True(attempt < 600, "the build's container or its directory is still there");
            await Task.Delay(100, TestContext.Current.CancellationToken);
        }
    }

    [Fact]
    public async Task A_daemon_that_is_killed_leaves_nothing_of_its_builds()
    {
        await using Daemon own = await Daemon.StartAsync();
        await own.LoadBusyboxAsync();
        Write("a", "A");
        Write("Dockerfile", "FROM busybox\nCOPY a /x\nRUN echo begun; sleep 100000");
        using Process process = await BegunAsync(own, "mvm");
        await own.KillAsync();
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        await own.RestartAsync();
        Assert.Equal("", (await own.MvmAsync("ps", "-aq")).Succeeded());
        Assert.Empty(own.VmmProcesses());
        Assert.False(Directory.Exists(Path.Combine(own.Root, "builds")));

        // The steps that were done are a cache.
        Write("Dockerfile", "FROM busybox\nCOPY a /x\nRUN true");
        Assert.Contains("Using cache", (await Command.RunAsync(TestEnvironment.Mvm, ["build", _directory.FullName], own.ClientEnvironment)).Succeeded(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Builds_at_once_do_not_meet()
    {
        string[] ids = await Task.WhenAll(Enumerable.Range(0, 3).Select(async i =>
        {
            byte[] file = Encoding.UTF8.GetBytes($"FROM busybox\nRUN echo {i} > /number\nCMD cat /number\n");
            return (await Daemon.ClientAsync("mvm", ["build", "-q", "-"], file)).Succeeded();
        }));
        for (int i = 0; i < ids.Length; i++)
        {
            Assert.Equal($"{i}", (await Daemon.MvmAsync("run", "--rm", "--network", "none", ids[i])).Succeeded());
        }
    }

    [Fact]
    public async Task Pruning_takes_what_builds_left()
    {
        await using Daemon own = await Daemon.StartAsync();
        await own.LoadBusyboxAsync();
        (await own.ClientAsync("mvm", ["build", "-t", "named", "-"], "FROM busybox\nENV A=1\nENV B=2\n"u8.ToArray())).Succeeded();
        (await own.ClientAsync("mvm", ["build", "-"], "FROM busybox\nENV A=1\nENV C=3\nENV D=4\n"u8.ToArray())).Succeeded();
        Assert.Equal(3, Lines((await own.MvmAsync("images", "-q")).Succeeded()));
        Assert.Equal(5, Lines((await own.MvmAsync("images", "-aq")).Succeeded()));
        (await own.MvmAsync("builder", "prune", "-f")).Succeeded();
        Assert.Equal(3, Lines((await own.MvmAsync("images", "-aq")).Succeeded()));
        (await own.MvmAsync("builder", "prune", "-af")).Succeeded();
        Assert.Equal(2, Lines((await own.MvmAsync("images", "-aq")).Succeeded()));
        (await own.MvmAsync("run", "--rm", "--network", "none", "named", "true")).Succeeded();
    }

    [Fact]
    public async Task Compose_builds()
    {
        Write("docker-compose.yml", """
            version: "3"
            services:
              web:
                build: {context: ., args: {WORD: composed}}
                network_mode: none
                command: sh -c 'cat /word; exec sleep 100000'
            """);
        Write("Dockerfile", "FROM busybox\nARG WORD\nRUN echo $WORD > /word");
        try
        {
            await ComposeAsync("build");
            await ComposeAsync("up", "-d", "--build");
            Assert.Equal("composed", await ComposeAsync("exec", "-T", "web", "cat", "/word"));
        }
        finally
        {
            await ComposeAsync("down", "-t", "0", "--rmi", "local");
        }
    }

    private static int Lines(string text) => text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length;

    private Task<CommandResult> BuildAsync(string client, params string[] arguments)
    {
        arguments[^1] = _directory.FullName;
        return Daemon.ClientAsync(client, ["build", .. arguments], s_classic, default);
    }

    /// <summary>A build whose RUN has said that it began.</summary>
    private async Task<Process> BegunAsync(Daemon daemon, string client)
    {
        Process process = Command.Start(
            client == "docker" ? TestEnvironment.Docker : TestEnvironment.Mvm, ["build", _directory.FullName],
            new Dictionary<string, string>(daemon.ClientEnvironment) { ["DOCKER_BUILDKIT"] = "0" });
        string? line;
        do
        {
            line = await process.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken);
            Assert.NotNull(line);
        }
        while (line != "begun");
        return process;
    }

    /// <summary>Containers of builds; other tests of the daemon have theirs.</summary>
    private async Task<int> IntermediatesAsync(string client) => Lines(
        (await Daemon.ClientAsync(client, ["ps", "-a", "--no-trunc", "--format", "{{.Image}} {{.Command}}"])).Succeeded()
            .Split('\n').Where(line => line.StartsWith("sha256:", StringComparison.Ordinal) && line.Contains("/bin/sh -c echo", StringComparison.Ordinal)).Aggregate("", (all, line) => all + line + "\n"));

    private void Write(string name, string content) => File.WriteAllText(Path.Combine(_directory.FullName, name), content);

    private async Task<string> ComposeAsync(params string[] arguments) => (await Command.RunAsync(
        "docker-compose",
        ["--project-directory", _directory.FullName, "-f", Path.Combine(_directory.FullName, "docker-compose.yml"), "-p", _directory.Name.ToLowerInvariant(), .. arguments],
        Daemon.ClientEnvironment)).Succeeded();
}
