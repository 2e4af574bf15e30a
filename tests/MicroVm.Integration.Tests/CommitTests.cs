using System.Text.Json;
using MicroVm.Integration.Tests.Infrastructure;

namespace MicroVm.Integration.Tests;

/// <summary>`diff`, `export` and `commit` from both clients.</summary>
public sealed class CommitTests(DaemonFixture fixture) : IAsyncLifetime
{
    private const string Change = "echo new > /root/new && rm /etc/group && rm -r /var && mkdir /var && echo 1 > /var/fresh && mkdir /a && ln -s x /a/l && "
        + "echo 1 > /a/f && ln /a/f /a/g";

    private readonly string _name = "commit-" + Guid.NewGuid().ToString("N")[..8];

    private Daemon Daemon => fixture.Daemon;

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        await Daemon.MvmAsync("rm", "-f", _name);
        await Daemon.MvmAsync("rmi", "-f", _name);
    }

    [Theory, ContainerStates]
    public async Task ChangesAreListed(string client, string state)
    {
        await MakeAsync(state);
        string expected = state == "created" ? "" : """
            A /a
            A /a/f
            A /a/g
            A /a/l
            C /etc
            D /etc/group
            C /root
            A /root/new
            C /var
            A /var/fresh
            D /var/www
            """;
        string[] changes = (await Daemon.ClientAsync(client, ["diff", _name])).Succeeded().Split('\n');
        Assert.Equal(expected.Split('\n').Order(), changes.Order());
    }

    [Theory, ContainerStates]
    public async Task AnExportIsTheContainersOwnFileSystem(string client, string state)
    {
        await MakeAsync(state);
        string archive = Path.Combine(Daemon.Directory, _name + ".tar");
        (await Daemon.ClientAsync(client, ["export", "-o", archive, _name])).Succeeded();
        CommandResult listed = await Command.RunAsync("tar", ["-tf", archive]);
        string[] names = listed.Succeeded().Split('\n');
        Assert.Contains("etc/passwd", names);
        Assert.Contains("proc/", names);
        Assert.DoesNotContain(names, name => name.StartsWith("proc/self", StringComparison.Ordinal) || name.StartsWith("dev/null", StringComparison.Ordinal));
        Assert.Equal(state != "created", names.Contains("root/new"));
        Assert.Equal(state == "created", names.Contains("etc/group"));

        // Not what the daemon has bound over it.
        Assert.Equal("", (await Command.RunAsync("tar", ["-xOf", archive, "etc/hosts"])).OutputText);
        File.Delete(archive);
    }

    [Theory, ContainerStates]
    public async Task ACommittedImageHasTheChangesAndRuns(string client, string state)
    {
        await MakeAsync(state);
        string id = (await Daemon.ClientAsync(client, [
            "commit", "-a", "A U Thor", "-m", "why", "-c", "CMD [\"cat\", \"/root/new\"]", "-c", "ENV A=1 B=\"two words\"", "-c", "LABEL x=y", "-c",
            "WORKDIR /root", "-c", "EXPOSE 80", "-c", "USER root", "-c", "STOPSIGNAL SIGINT", "-c", "VOLUME /data",
            "-c", "HEALTHCHECK --interval=5s CMD true", "-c", "ONBUILD RUN true", "-c", "ENTRYPOINT []", _name, _name + ":1"])).Succeeded();
        Assert.StartsWith("sha256:", id, StringComparison.Ordinal);
        using JsonDocument document = JsonDocument.Parse((await Daemon.ClientAsync(client, ["inspect", _name + ":1"])).Succeeded());
        JsonElement image = document.RootElement[0];
        JsonElement config = image.GetProperty("Config");
        Assert.Equal(id, image.GetProperty("Id").GetString());
        Assert.Equal("A U Thor", image.GetProperty("Author").GetString());
        Assert.Equal(["cat", "/root/new"], config.GetProperty("Cmd").EnumerateArray().Select(item => item.GetString()));
        Assert.Contains("B=two words", config.GetProperty("Env").EnumerateArray().Select(item => item.GetString()));
        Assert.Equal("y", config.GetProperty("Labels").GetProperty("x").GetString());
        Assert.Equal("/root", config.GetProperty("WorkingDir").GetString());
        Assert.True(config.GetProperty("ExposedPorts").TryGetProperty("80/tcp", out _));
        if (state == "created")
        {
            return;
        }

        // What the image has in /var is hidden by an opaque directory: nothing of it may come back.
        string[] run = ["run", "--rm", "--network", "none", _name + ":1"];
        Assert.Equal("new", (await Daemon.ClientAsync(client, run)).Succeeded());
        Assert.Equal("fresh", (await Daemon.ClientAsync(client, [.. run, "ls", "/var"])).Succeeded());
        (await Daemon.ClientAsync(client, [.. run, "sh", "-c", "[ ! -e /etc/group ] && [ /a/f -ef /a/g ] && [ -L /a/l ]"])).Succeeded();
        string[] history = (await Daemon.ClientAsync(client, ["history", "--format", "{{.Comment}};{{.Size}}", _name + ":1"])).Succeeded().Split('\n');
        string[] before = (await Daemon.ClientAsync(client, ["history", "--format", "{{.Comment}};{{.Size}}", "busybox"])).Succeeded().Split('\n');
        Assert.Matches(@"^why;\d+(\.\d+)?k?B$", history[0]);
        Assert.Equal(before, history[1..]);
        Assert.Contains(before, step => step.EndsWith("MB", StringComparison.Ordinal));
        (await Daemon.ClientAsync(client, ["rmi", _name + ":1"])).Succeeded();
        (await Daemon.ClientAsync(client, run)).Failed(125, "");
    }

    [Fact]
    public async Task ACommitMayBringAConfiguration()
    {
        await MakeAsync("running");
        const string Body = """{"Cmd":["sh","-c","echo $A $PWD; id -un"],"Env":["A=1"],"WorkingDir":"/tmp","User":"nobody","Labels":{"x":"y"}}""";
        CommandResult made = await Command.RunAsync(
            "curl", ["-sS", "--unix-socket", Daemon.Socket, "-H", "Content-Type: application/json", "-d", Body, $"http://d/commit?container={_name}&repo={_name}&tag=body"]);
        Assert.StartsWith("{\"Id\":\"sha256:", made.Succeeded(), StringComparison.Ordinal);
        Assert.Equal("1 /tmp\nnobody", (await Daemon.DockerAsync("run", "--rm", "--network", "none", _name + ":body")).Succeeded());
        Assert.Equal("y", (await Daemon.DockerAsync("inspect", "-f", "{{.Config.Labels.x}}", _name + ":body")).Succeeded());
        (await Daemon.MvmAsync("rmi", _name + ":body")).Succeeded();
    }

    [Fact]
    public async Task WrongInstructionsAreNamed()
    {
        await MakeAsync("created");
        (await Daemon.MvmAsync("commit", "-c", "RUN true", _name)).Refused("mvm", 1, "RUN is not a valid change command");
        (await Daemon.MvmAsync("commit", "-c", "ENV A", _name)).Refused("mvm", 1, "must have two arguments");
        (await Daemon.MvmAsync("commit", _name + "x")).Refused("mvm", 1, "No such container");
        (await Daemon.MvmAsync("commit", _name, "UPPER")).Refused("mvm", 1, "must be lowercase");
    }

    private async Task MakeAsync(string state)
    {
        if (state == "created")
        {
            (await Daemon.MvmAsync("create", "--name", _name, "--network", "none", "busybox", "true")).Succeeded();
            return;
        }

        string[] run = ["--name", _name, "--network", "none", "busybox", "sh", "-c"];
        if (state == "exited")
        {
            (await Daemon.MvmAsync(["run", .. run, Change])).Succeeded();
            return;
        }

        (await Daemon.MvmAsync(["run", "-d", .. run, Change + " && echo made && exec sleep 1000"])).Succeeded();
        for (int attempt = 0; !(await Daemon.MvmAsync("logs", _name)).OutputText.Contains("made", StringComparison.Ordinal); attempt++)
        {
            Assert.True(attempt < 600, "the container did not make its changes");
            await Task.Delay(50);
        }
    }
}
