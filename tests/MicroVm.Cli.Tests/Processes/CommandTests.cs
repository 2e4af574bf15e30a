using System.Text;

namespace MicroVm.Cli.Tests.Processes;

public class CommandTests
{
    private const string Containers = """
        [{"Id":"bbbbbbbbbbbbbbbbbbbb","Names":["/web"],"Image":"nginx:1","ImageID":"sha256:1","Command":"nginx -g 'daemon off;' and more",
          "Created":1700000000,"Ports":[{"IP":"0.0.0.0","PrivatePort":80,"PublicPort":8080,"Type":"tcp"}],"Labels":{"a":"b","c":"d"},
          "State":"running","Status":"Up 3 minutes","HostConfig":{"NetworkMode":"default"},"NetworkSettings":{"Networks":{"bridge":{}}},"Mounts":[]},
         {"Id":"cccccccccccccccccccc","Names":["/db"],"Image":"redis","Command":"redis","Created":1700000000,"Ports":[],"Labels":null,
          "State":"exited","Status":"Exited (0) 2 hours ago"}]
        """;

    private const string Images = """
        [{"Id":"sha256:1111111111111111","RepoTags":["python:3.11-slim","python:3"],"RepoDigests":["python@sha256:abc"],"Created":1700000000,"Size":125000000},
         {"Id":"sha256:2222222222222222","RepoTags":null,"RepoDigests":null,"Created":1700000001,"Size":1},
         {"Id":"sha256:3333333333333333","RepoTags":["<none>:<none>"],"RepoDigests":["<none>@<none>"],"Created":1700000002,"Size":2}]
        """;

    [Fact]
    public void Ps_is_a_table()
    {
        using var engine = new FakeEngine();
        engine.On("GET /containers/json", 200, Containers);
        string[] lines = Mvm.Run(engine, ["ps", "-a", "--filter", "status=exited", "--filter", "label=a"]).Text.Split('\n');
        Assert.Matches("^CONTAINER ID   IMAGE     COMMAND                  CREATED       STATUS                   PORTS                  NAMES$", lines[0]);
        Assert.Matches("^bbbbbbbbbbbb   nginx:1   \"nginx -g 'daemon of…\"   \\d years ago   Up 3 minutes             0.0.0.0:8080->80/tcp   web$", lines[1]);
        Assert.Contains("\"redis\"", lines[2], StringComparison.Ordinal);
        Assert.Equal(
            "GET /containers/json?all=1&filters=" + Uri.EscapeDataString("""{"label":{"a":true},"status":{"exited":true}}"""),
            engine.Next("GET").Line);
    }

    [Theory]
    [InlineData("ps -q", "bbbbbbbbbbbb\ncccccccccccc\n", "all=0")]
    [InlineData("ps -q --no-trunc -l", "bbbbbbbbbbbbbbbbbbbb\ncccccccccccccccccccc\n", "all=1&limit=1")]
    [InlineData("ps -aqn 5", "bbbbbbbbbbbb\ncccccccccccc\n", "all=1&limit=5")]
    [InlineData("ps --format {{.Names}}:{{.State}}:{{.Label_\"a\"}}", "web:running:b\ndb:exited:\n", "all=0")]
    [InlineData("container ls --format table_{{.Names}}\\t{{.Ports}}", "NAMES     PORTS\nweb       0.0.0.0:8080->80/tcp\ndb\n", "all=0")]
    public void Ps_has_its_forms(string line, string expected, string query)
    {
        using var engine = new FakeEngine();
        engine.On("GET /containers/json", 200, Containers);
        Mvm.Result result = Mvm.Run(engine, [.. line.Split(' ').Select(word => word.Replace('_', ' '))]);
        Assert.Equal((0, expected, ""), (result.ExitCode, result.Text, result.Error));
        Assert.Equal("GET /containers/json?" + query, engine.Next("GET").Line);
    }

    [Theory]
    [InlineData("images -q", "333333333333\n222222222222\n111111111111\n")]
    [InlineData("images --format {{.Repository}}:{{.Tag}}={{.Size}}", "<none>:<none>=2B\n<none>:<none>=1B\npython:3.11-slim=125MB\npython:3=125MB\n")]
    [InlineData("image ls --no-trunc -q", "sha256:3333333333333333\nsha256:2222222222222222\nsha256:1111111111111111\n")]
    public void Images_have_their_forms(string line, string expected)
    {
        using var engine = new FakeEngine();
        engine.On("GET /images/json", 200, Images);
        Mvm.Result result = Mvm.Run(engine, line.Split(' '));
        Assert.Equal((0, expected, ""), (result.ExitCode, result.Text, result.Error));
    }

    [Fact]
    public void Ps_shows_sizes_when_asked()
    {
        using var engine = new FakeEngine();
        engine.On("GET /containers/json", 200, Containers.Replace("\"Ports\"", "\"SizeRw\":2048,\"SizeRootFs\":5000000,\"Ports\"", StringComparison.Ordinal));
        string[] lines = Mvm.Run(engine, ["ps", "-s"]).Text.Split('\n');
        Assert.EndsWith("NAMES     SIZE", lines[0], StringComparison.Ordinal);
        Assert.EndsWith("web       2.05kB (virtual 5MB)", lines[1], StringComparison.Ordinal);
        Assert.Equal("GET /containers/json?all=0&size=1", engine.Next("GET").Line);
        Assert.StartsWith("2.05kB (virtual 5MB)\n", Mvm.Run(engine, ["ps", "--format", "{{.Size}}"]).Text, StringComparison.Ordinal);
        Assert.Equal("GET /containers/json?all=0&size=1", engine.Next("GET").Line);
    }

    [Fact]
    public void History_is_a_table_with_a_size_for_each_step()
    {
        using var engine = new FakeEngine();
        engine.On("GET /images/a/b:1/history", 200, """
            [{"Id":"sha256:1111111111111111","Created":1700000000,"CreatedBy":"sh -c\techo 'a rather long command line, which is cut'","Tags":["a/b:1"],"Size":2048,"Comment":"why"},
             {"Id":"<missing>","Created":0,"CreatedBy":"","Tags":null,"Size":5000000,"Comment":""}]
            """);
        string[] lines = Mvm.Run(engine, ["history", "a/b:1"]).Text.Split('\n');
        Assert.Matches("^IMAGE          CREATED       CREATED BY +SIZE      COMMENT$", lines[0]);
        Assert.Matches("^111111111111   \\d years ago   sh -c echo 'a rather long command line, whic…   2.05kB    why$", lines[1]);
        Assert.Matches("^<missing>      N/A +5MB$", lines[2]);
        Assert.Equal("2048\n5000000\n", Mvm.Run(engine, ["image", "history", "-H=false", "--format", "{{.Size}}", "a/b:1"]).Text);
        Assert.Equal("sha256:1111111111111111\n<missing>\n", Mvm.Run(engine, ["history", "-q", "--no-trunc", "a/b:1"]).Text);
    }

    [Fact]
    public void Update_sends_what_is_given()
    {
        using var engine = new FakeEngine();
        engine.On("POST /containers/a/update", 200, """{"Warnings":["--cpuset-cpus has no effect."]}""");
        Mvm.Result result = Mvm.Run(engine, ["update", "--memory-swap", "-1", "--memory-reservation", "1m", "--cpuset-cpus", "0,1", "-c", "5", "--cpu-quota", "50000", "a"]);
        Assert.Equal((0, "a\n", "WARNING: --cpuset-cpus has no effect.\n"), (result.ExitCode, result.Text, result.Error));
        Assert.Equal("""{"MemorySwap":-1,"MemoryReservation":1048576,"CpusetCpus":"0,1","CpuShares":5,"CpuQuota":50000}""", engine.Next("POST").Body);
    }

    [Fact]
    public void Images_are_a_table()
    {
        using var engine = new FakeEngine();
        engine.On("GET /images/json", 200, Images);
        string[] lines = Mvm.Run(engine, ["images", "--digests", "python"]).Text.Split('\n');
        Assert.Equal("REPOSITORY   TAG         DIGEST       IMAGE ID       CREATED       SIZE", lines[0]);
        Assert.Matches("^python       3.11-slim   sha256:abc   111111111111   \\d years ago   125MB$", lines[3]);
        Assert.EndsWith("filters=" + Uri.EscapeDataString("""{"reference":{"python":true}}"""), engine.Next("GET").Line, StringComparison.Ordinal);
    }

    [Fact]
    public void Logs_come_apart()
    {
        using var engine = new FakeEngine();
        engine.On("GET /containers/web/json", 200, """{"Id":"1","Config":{"Tty":false}}""");
        engine.On("GET /containers/1/logs", request =>
        {
            request.Raw("HTTP/1.1 200 OK\r\n\r\n");
            request.Frame(2, "err\n"u8);
            request.Frame(1, "out\n"u8);
            request.Socket.Close();
        });
        Mvm.Result result = Mvm.Run(engine, ["logs", "-ft", "--details", "--tail", "5", "--since", "2013-01-02T13:23:37Z", "web"]);
        Assert.Equal((0, "out\n", "err\n"), (result.ExitCode, result.Text, result.Error));
        Assert.Equal("GET /containers/1/logs?stdout=1&stderr=1&follow=1&timestamps=1&tail=5&details=1&since=1357133017.000000000", engine.Next("GET /containers/1").Line);
    }

    [Fact]
    public void The_kernels_log_is_raw()
    {
        using var engine = new FakeEngine();
        engine.On("GET /mvm/containers/web/logs/kernel", 200, "[    0.000000] Linux version");
        Assert.Equal("[    0.000000] Linux version", Mvm.Run(engine, ["logs", "--kernel", "web"]).Text);
    }

    [Fact]
    public void An_archive_goes_up_from_a_file_or_a_pipe_while_progress_comes_down()
    {
        byte[] archive = new byte[1_500_000];
        new Random(5).NextBytes(archive);
        using var directory = new TemporaryDirectory();
        string path = directory.File("a.tar");
        File.WriteAllBytes(path, archive);
        foreach ((string[] arguments, byte[]? input) in new (string[], byte[]?)[] { (["load", "-i", path], null), (["load"], archive) })
        {
            byte[]? received = null;
            using var engine = new FakeEngine();
            engine.On("POST /images/load?quiet=0", request =>
            {
                received = request.Content;
                request.Reply(200, """{"stream":"Loaded image: python:3.11-slim\n"}""");
            });
            Mvm.Result result = Mvm.Run(engine, arguments, input);
            Assert.Equal((0, "Loaded image: python:3.11-slim\n", ""), (result.ExitCode, result.Text, result.Error));
            Assert.True(archive.AsSpan().SequenceEqual(received));
        }
    }

    [Fact]
    public void A_refused_archive_is_told_though_it_was_not_read()
    {
        using var engine = new FakeEngine();
        engine.OnHead("POST /images/load", request =>
        {
            request.Reply(400, """{"message":"not a tar archive"}""", "Connection: close\r\n");
            request.Socket.Shutdown(System.Net.Sockets.SocketShutdown.Send);
        });
        Mvm.Result result = Mvm.Run(engine, ["load"], new byte[5_000_000]);
        Assert.Equal((1, "mvm: not a tar archive\n"), (result.ExitCode, result.Error));
    }

    [Theory]
    [InlineData("load -i /nope", 1, "mvm: open /nope: no such file or directory\n")]
    [InlineData("pull UPPER", 1, "mvm: invalid reference format: repository name (library/UPPER) must be lowercase\n")]
    [InlineData("inspect --type secret x", 1, "mvm: unknown type: \"secret\": must be one of \"container\", \"image\", \"network\", \"volume\"\n")]
    [InlineData("inspect -f {{.X x", 1, "mvm: template parsing error: unclosed action\n")]
    [InlineData("start -a a b", 1, "mvm: you cannot start and attach multiple containers at once\n")]
    [InlineData("logs --since never x", 125, "mvm: invalid argument \"never\" for \"--since\" flag: failed to parse value as time or duration: \"never\". See 'mvm logs --help'.\n")]
    [InlineData("tag a b@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef", 1, "mvm: refusing to create a tag with a digest reference\n")]
    public void Mistakes(string line, int exitCode, string error)
    {
        using var engine = new FakeEngine();
        Mvm.Result result = Mvm.Run(engine, line.Split(' '));
        Assert.Equal((exitCode, error), (result.ExitCode, result.Error));
    }

    [Fact]
    public void Pull_prints_lines_in_a_pipe_and_nothing_but_the_name_when_quiet()
    {
        using var engine = new FakeEngine();
        engine.On("POST /images/create", 200, """
            {"status":"Pulling from library/x","id":"latest"}
            {"status":"Downloading","progressDetail":{"current":5,"total":10},"id":"aaa"}
            {"status":"Status: done"}

            """);
        Assert.Equal(
            "Using default tag: latest\nlatest: Pulling from library/x\nStatus: done\ndocker.io/library/x:latest\n",
            Mvm.Run(engine, ["pull", "x"]).Text);
        Assert.Equal("docker.io/library/x:latest\n", Mvm.Run(engine, ["pull", "-q", "x"]).Text);
    }

    [Fact]
    public void Pull_sends_what_docker_login_left()
    {
        using var directory = new TemporaryDirectory();
        string login = Convert.ToBase64String("me:se:cret"u8);
        File.WriteAllText(directory.File("config.json"), """{"auths":{"reg.example:5000":{"auth":"LOGIN"}}}""".Replace("LOGIN", login, StringComparison.Ordinal));
        using var engine = new FakeEngine();
        engine.On("POST /images/create", 200, "");
        var environment = new Dictionary<string, string> { ["DOCKER_CONFIG"] = directory.Path };
        Assert.Equal(0, Mvm.Run(engine, ["pull", "-q", "reg.example:5000/x"], environment: environment).ExitCode);
        string header = engine.Next("POST").Headers["X-Registry-Auth"];
        string json = Encoding.UTF8.GetString(System.Buffers.Text.Base64Url.DecodeFromChars(header));
        Assert.Equal("""{"username":"me","password":"se:cret","serveraddress":"reg.example:5000"}""", json);

        Mvm.Run(engine, ["pull", "-q", "other.example/x"], environment: environment);
        Assert.False(engine.Next("POST").Headers.ContainsKey("X-Registry-Auth"));
    }

    [Fact]
    public void Several_are_done_though_one_fails()
    {
        using var engine = new FakeEngine();
        engine.On("DELETE /containers/a?", 204, "").On("DELETE /containers/b?", 404, """{"message":"No such container: b"}""").On("DELETE /containers/c?", 204, "");
        Mvm.Result result = Mvm.Run(engine, ["rm", "-fv", "a", "b", "c"]);
        Assert.Equal((0, "a\nc\n", "mvm: No such container: b\n"), (result.ExitCode, result.Text, result.Error));
        Assert.Equal("DELETE /containers/a?force=1&v=1", engine.Next("DELETE").Line);
        Assert.Equal(1, Mvm.Run(engine, ["rm", "a", "b"]).ExitCode);
    }

    [Fact]
    public void Stop_and_kill_and_wait_and_rename()
    {
        using var engine = new FakeEngine();
        engine.On("POST /containers/a/", 204, "").On("POST /containers/a/wait", 200, """{"StatusCode":7}""");
        Assert.Equal("a\n", Mvm.Run(engine, ["stop", "-t", "3", "-s", "INT", "a"]).Text);
        Assert.Equal("POST /containers/a/stop?signal=INT&t=3", engine.Next("POST").Line);
        Assert.Equal("a\n", Mvm.Run(engine, ["kill", "-sHUP", "a"]).Text);
        Assert.Equal("POST /containers/a/kill?signal=HUP", engine.Next("POST").Line);
        Assert.Equal("7\n", Mvm.Run(engine, ["wait", "a"]).Text);
        Assert.Equal(0, Mvm.Run(engine, ["rename", "a", "b c"]).ExitCode);
        Assert.Equal("POST /containers/a/rename?name=b%20c", engine.Next("POST /containers/a/rename").Line);
    }

    [Fact]
    public void Inspect_tries_containers_then_images()
    {
        using var engine = new FakeEngine();
        engine.On("GET /images/x:1/json", 200, """{"Id":"sha256:1","Config":{"Cmd":["<a>"]}}""");
        Mvm.Result result = Mvm.Run(engine, ["inspect", "x:1", "nope"]);
        Assert.Equal(1, result.ExitCode);
        Assert.Equal("[\n    {\n        \"Id\": \"sha256:1\",\n        \"Config\": {\n            \"Cmd\": [\n                \"<a>\"\n            ]\n        }\n    }\n]\n", result.Text);
        Assert.Equal("mvm: no such object: nope\n", result.Error);
        Assert.Equal("<a>\n", Mvm.Run(engine, ["inspect", "-f", "{{index .Config.Cmd 0}}", "x:1"]).Text);
    }

    [Fact]
    public void Ports()
    {
        using var engine = new FakeEngine();
        engine.On("GET /containers/a/json", 200, """
            {"Id":"1","NetworkSettings":{"Ports":{"80/tcp":[{"HostIp":"0.0.0.0","HostPort":"8080"},{"HostIp":"::","HostPort":"8080"}],"443/tcp":null}}}
            """);
        Assert.Equal("80/tcp -> 0.0.0.0:8080\n80/tcp -> [::]:8080\n", Mvm.Run(engine, ["port", "a"]).Text);
        Assert.Equal("0.0.0.0:8080\n[::]:8080\n", Mvm.Run(engine, ["port", "a", "80"]).Text);
        Assert.Equal("mvm: no public port '443' published for a\n", Mvm.Run(engine, ["port", "a", "443"]).Error);
    }

    [Fact]
    public void Without_a_daemon_that_was_named_it_says_so()
    {
        Mvm.Result result = Mvm.Run(null, ["-H", "unix:///nope/x.sock", "ps"]);
        Assert.Equal((1, "mvm: cannot connect to mvmd at /nope/x.sock (no such file or directory): is it running?\n"), (result.ExitCode, result.Error));
        Assert.Equal(
            "mvm: unable to parse host 'tcp://x:1': give the Unix socket as unix:///path/mvm.sock\n",
            Mvm.Run(null, ["-H", "tcp://x:1", "ps"]).Error);
    }

    [Fact]
    public void Every_command_has_help()
    {
        string top = Mvm.Run(null, ["--help"]).Text;
        foreach (MicroVm.Cli.Commands.CommandInfo info in MicroVm.Cli.Commands.CommandTable.All)
        {
            Assert.Contains($"\n  {info.Name} ", top, StringComparison.Ordinal);
            Mvm.Result help = Mvm.Run(null, [info.Name, "--help"]);
            Assert.Equal(0, help.ExitCode);
            Assert.StartsWith($"Usage:  mvm {info.Name} [OPTIONS]", help.Text, StringComparison.Ordinal);
        }
    }
}
