using System.Diagnostics;
using System.Text;
using MicroVm.Cli.Interop;

namespace MicroVm.Cli.Tests.Processes;

public class RunTests
{
    [Fact]
    public void Output_and_errors_come_apart_and_the_exit_code_comes_through()
    {
        using FakeEngine engine = FakeContainer.Running(container =>
        {
            container.Frame(1, "out\n"u8);
            container.Frame(2, "err\n"u8);
            container.Frame(1, ""u8);
            container.Frame(1, "more\n"u8);
            return 42;
        });
        Mvm.Result result = Mvm.Run(engine, ["run", "--rm", "image", "sh", "-c", "x"]);
        Assert.Equal((42, "out\nmore\n", "err\n"), (result.ExitCode, result.Text, result.Error));
        string create = engine.Next("POST /containers/create").Body;
        Assert.Contains("\"Cmd\":[\"sh\",\"-c\",\"x\"]", create, StringComparison.Ordinal);
        Assert.Contains("\"AutoRemove\":true", create, StringComparison.Ordinal);
    }

    [Fact]
    public void Docker_s_order_attach_and_wait_before_start()
    {
        using FakeEngine engine = FakeContainer.Running(_ => 0);
        Assert.Equal(0, Mvm.Run(engine, ["run", "image"]).ExitCode);
        List<string> lines = [.. engine.Requests.Select(request => request.Line[(request.Line.LastIndexOf('/') + 1)..])];
        Assert.Equal("create", lines[0]);
        Assert.Equal("start", lines[3]);
        Assert.Equal(["attach?stream=1&stdin=0&stdout=1&stderr=1", "wait?condition=next-exit"], lines[1..3].Order());
    }

    [Fact]
    public void A_large_binary_stream_is_whole()
    {
        byte[] data = new byte[20_000_000];
        new Random(1).NextBytes(data);
        using FakeEngine engine = FakeContainer.Running(container =>
        {
            var random = new Random(2);
            for (int start = 0; start < data.Length;)
            {
                int count = Math.Min(random.Next(1, 200_000), data.Length - start);
                container.Frame(1, data.AsSpan(start, count));
                start += count;
            }

            return 0;
        });
        Mvm.Result result = Mvm.Run(engine, ["run", "image"]);
        Assert.Equal(0, result.ExitCode);
        Assert.True(data.AsSpan().SequenceEqual(result.Output));
    }

    [Fact]
    public void Input_goes_in_and_its_end_is_a_half_close()
    {
        byte[] data = new byte[3_000_000];
        new Random(3).NextBytes(data);
        using FakeEngine engine = FakeContainer.Running(container =>
        {
            // Reads to the client's FIN, then still answers.
            var received = new MemoryStream();
            container.Input.CopyTo(received);
            container.Frame(1, received.ToArray());
            return 0;
        });
        Mvm.Result result = Mvm.Run(engine, ["run", "-i", "image", "cat"], data);
        Assert.Equal(0, result.ExitCode);
        Assert.True(data.AsSpan().SequenceEqual(result.Output));
        Assert.Contains("\"OpenStdin\":true,\"StdinOnce\":true", engine.Next("POST /containers/create").Body, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("HUP")]
    [InlineData("INT")]
    [InlineData("QUIT")]
    [InlineData("USR1")]
    [InlineData("USR2")]
    [InlineData("TERM")]
    [InlineData("CONT")]
    [InlineData("WINCH")]
    public void Signals_are_passed_on(string signal)
    {
        var release = new ManualResetEventSlim();
        using FakeEngine engine = FakeContainer.Running(container =>
        {
            container.Frame(1, "ready\n"u8);
            release.Wait();
            return 130;
        });
        engine.On($"POST /containers/{FakeEngine.ContainerId}/kill", request =>
        {
            request.Reply(204, "");
            release.Set();
        });
        using Process process = Mvm.Start(engine, ["run", "image"]);
        Assert.Equal("ready", process.StandardOutput.ReadLine());
        using (Process.Start("kill", ["-s", signal, process.Id.ToString(System.Globalization.CultureInfo.InvariantCulture)]))
        {
            Assert.EndsWith($"/kill?signal={signal}", engine.Next($"POST /containers/{FakeEngine.ContainerId}/kill").Line, StringComparison.Ordinal);
        }

        Mvm.Finish(process);
        Assert.Equal(130, process.ExitCode);
    }

    [Fact]
    public void Three_interrupts_that_change_nothing_end_the_client()
    {
        var over = new ManualResetEventSlim();
        using FakeEngine engine = FakeContainer.Running(container =>
        {
            container.Frame(1, "ready\n"u8);
            over.Wait();
            return 0;
        });
        using Process process = Mvm.Start(engine, ["run", "image"]);
        Assert.Equal("ready", process.StandardOutput.ReadLine());
        string path = $"POST /containers/{FakeEngine.ContainerId}/kill";
        for (int count = 0; count < 3; count++)
        {
            using (Process.Start("kill", ["-s", "INT", process.Id.ToString(System.Globalization.CultureInfo.InvariantCulture)]))
            {
                engine.Next(path);
            }
        }

        Mvm.Finish(process);
        Assert.Equal((1, "mvm: got 3 SIGTERM/SIGINTs, forcefully exiting\n"), (process.ExitCode, process.StandardError.ReadToEnd()));
        over.Set();
    }

    [Fact]
    public void Without_sig_proxy_a_signal_ends_the_client_alone()
    {
        var over = new ManualResetEventSlim();
        using FakeEngine engine = FakeContainer.Running(container =>
        {
            container.Frame(1, "ready\n"u8);
            over.Wait();
            return 0;
        });
        using Process process = Mvm.Start(engine, ["run", "--sig-proxy=false", "image"]);
        Assert.Equal("ready", process.StandardOutput.ReadLine());
        using (Process.Start("kill", ["-s", "TERM", process.Id.ToString(System.Globalization.CultureInfo.InvariantCulture)]))
        {
            Mvm.Finish(process);
        }

        Assert.Equal(ExitCodes.OfSignal(15), process.ExitCode);
        Assert.DoesNotContain(engine.Requests, request => request.Line.Contains("/kill", StringComparison.Ordinal));
        over.Set();
    }

    [Theory]
    [InlineData("exec: \\\"x\\\": executable file not found in $PATH", 127)]
    [InlineData("exec: \\\"/x\\\": stat /x: no such file or directory", 127)]
    [InlineData("exec: \\\"/x\\\": permission denied", 126)]
    [InlineData("something else", 125)]
    public void A_start_that_fails_has_Dockers_code(string message, int exitCode)
    {
        using FakeEngine engine = FakeContainer.Running(_ => 0);
        engine.On($"POST /containers/{FakeEngine.ContainerId}/start", 400, $$"""{"message":"{{message}}"}""");
        Mvm.Result result = Mvm.Run(engine, ["run", "image", "x"]);
        Assert.Equal(exitCode, result.ExitCode);
        Assert.Equal($"mvm: {message.Replace("\\", "", StringComparison.Ordinal)}\n", result.Error);
    }

    [Fact]
    public void The_daemons_reason_for_a_dead_container_is_told()
    {
        using FakeEngine engine = FakeContainer.Running(_ => 0, ",\"Error\":{\"Message\":\"the VM died\"}");
        Mvm.Result result = Mvm.Run(engine, ["run", "image"]);
        Assert.Equal((125, "mvm: the VM died\n"), (result.ExitCode, result.Error));
    }

    [Fact]
    public void A_daemon_that_dies_is_told()
    {
        using FakeEngine engine = FakeContainer.Running(_ => 0);
        engine.On($"POST /containers/{FakeEngine.ContainerId}/wait", request =>
        {
            request.Raw("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
            request.Socket.Close();
        });
        Mvm.Result result = Mvm.Run(engine, ["run", "image"]);
        Assert.Equal(125, result.ExitCode);
        Assert.StartsWith("mvm: lost the connection to mvmd", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_broken_frame_is_told()
    {
        using FakeEngine engine = FakeContainer.Running(container =>
        {
            container.Raw("not a frame at all");
            return 0;
        });
        Mvm.Result result = Mvm.Run(engine, ["run", "image"]);
        Assert.Equal((125, "mvm: lost the connection to mvmd: malformed frame in the output stream\n"), (result.ExitCode, result.Error));
    }

    [Fact]
    public void An_error_frame_is_the_daemons_message()
    {
        using FakeEngine engine = FakeContainer.Running(container =>
        {
            container.Frame(3, "disk is gone"u8);
            return 0;
        });
        Mvm.Result result = Mvm.Run(engine, ["run", "image"]);
        Assert.Equal((125, "mvm: disk is gone\n"), (result.ExitCode, result.Error));
    }

    [Fact]
    public void A_reader_that_leaves_ends_it_by_the_usual_signal()
    {
        var over = new ManualResetEventSlim();
        using FakeEngine engine = FakeContainer.Running(container =>
        {
            byte[] line = Encoding.ASCII.GetBytes(new string('y', 1000) + "\n");
            try
            {
                while (true)
                {
                    container.Frame(1, line);
                }
            }
            catch (System.Net.Sockets.SocketException)
            {
                over.Set();
            }

            return 0;
        });
        using Process process = Mvm.Start(engine, ["run", "image"]);
        process.StandardOutput.ReadLine();
        process.StandardOutput.Close();
        Mvm.Finish(process);
        Assert.Equal(ExitCodes.OfSignal(Constants.SIGPIPE), process.ExitCode);
        Assert.True(over.Wait(TimeSpan.FromSeconds(30)));
    }

    [Fact]
    public void Detached_prints_the_id()
    {
        using FakeEngine engine = FakeContainer.Running(_ => 0);
        Mvm.Result result = Mvm.Run(engine, ["run", "-d", "image"]);
        Assert.Equal((0, FakeEngine.ContainerId + "\n", ""), (result.ExitCode, result.Text, result.Error));
        Assert.DoesNotContain(engine.Requests, request => request.Line.Contains("/attach", StringComparison.Ordinal));
    }

    [Fact]
    public void A_missing_image_is_pulled_and_the_container_made()
    {
        using FakeEngine engine = FakeContainer.Running(container =>
        {
            container.Frame(1, "hi\n"u8);
            return 0;
        });
        int creates = 0;
        engine.On("POST /containers/create", request => request.Reply(
            ++creates == 1 ? 404 : 201,
            creates == 1 ? """{"message":"No such image: python:3.11-slim"}""" : $$"""{"Id":"{{FakeEngine.ContainerId}}"}"""));
        engine.On("POST /images/create", 200, """
            {"status":"Pulling from library/python","id":"3.11-slim"}
            {"status":"Downloading","progressDetail":{"current":1,"total":2},"id":"abc"}
            {"status":"Pull complete","id":"abc"}
            {"status":"Status: Downloaded newer image for python:3.11-slim"}

            """);
        Mvm.Result result = Mvm.Run(engine, ["run", "python:3.11-slim"]);
        Assert.Equal((0, "hi\n"), (result.ExitCode, result.Text));
        Assert.Equal(
            "Unable to find image 'python:3.11-slim' locally\n3.11-slim: Pulling from library/python\nabc: Pull complete\n"
            + "Status: Downloaded newer image for python:3.11-slim\n",
            result.Error);
        Assert.Equal("POST /images/create?fromImage=docker.io%2Flibrary%2Fpython&tag=3.11-slim", engine.Next("POST /images").Line);
    }

    [Fact]
    public void Pull_never_leaves_it_missing()
    {
        using FakeEngine engine = FakeContainer.Running(_ => 0);
        engine.On("POST /containers/create", 404, """{"message":"No such image: x:latest"}""");
        Mvm.Result result = Mvm.Run(engine, ["run", "--pull", "never", "x"]);
        Assert.Equal((125, "mvm: No such image: x:latest\n"), (result.ExitCode, result.Error));
        Assert.DoesNotContain(engine.Requests, request => request.Line.Contains("/images", StringComparison.Ordinal));
    }

    [Fact]
    public void A_pull_that_fails_is_told_once()
    {
        using FakeEngine engine = FakeContainer.Running(_ => 0);
        engine.On("POST /images/create", 200, """
            {"status":"Pulling from library/x","id":"latest"}
            {"errorDetail":{"message":"manifest unknown\u001b[2J"},"error":"manifest unknown"}

            """);
        Mvm.Result result = Mvm.Run(engine, ["run", "-q", "--pull=always", "x"]);
        Assert.Equal((125, "mvm: manifest unknown?[2J\n"), (result.ExitCode, result.Error));
    }

    [Fact]
    public void The_id_file_is_written_never_overwritten_and_not_left_behind()
    {
        using var directory = new TemporaryDirectory();
        string path = directory.File("id");
        using FakeEngine engine = FakeContainer.Running(_ => 0);
        Assert.Equal(0, Mvm.Run(engine, ["create", "--cidfile", path, "image"]).ExitCode);
        Assert.Equal(FakeEngine.ContainerId, File.ReadAllText(path));
        Mvm.Result again = Mvm.Run(engine, ["create", "--cidfile", path, "image"]);
        Assert.Equal(125, again.ExitCode);
        Assert.Contains("container ID file found", again.Error, StringComparison.Ordinal);

        File.Delete(path);
        engine.On("POST /containers/create", 409, """{"message":"name taken"}""");
        Assert.Equal(1, Mvm.Run(engine, ["create", "--cidfile", path, "image"]).ExitCode);
        Assert.False(File.Exists(path));
    }

    [Fact]
    public void Timing_is_one_line()
    {
        using FakeEngine engine = FakeContainer.Running(container =>
        {
            container.Frame(1, "x"u8);
            return 0;
        });
        Mvm.Result result = Mvm.Run(engine, ["run", "--timing", "image"]);
        Assert.Equal("x", result.Text);
        Assert.Matches(@"^timing: image \d+\.\d ms, disk 1\.5 ms, boot 340\.0 ms, first output \d+\.\d ms, total \d+\.\d ms\n$", result.Error);
    }

    [Theory]
    [InlineData("run -it image", 1, "the input device is not a TTY")]
    [InlineData("run -d -a stdout image", 125, "conflicting options: cannot specify both --attach and --detach")]
    [InlineData("run --pull sometimes image", 125, "invalid pull option: 'sometimes': must be one of \"always\", \"missing\" or \"never\". See 'mvm run --help'.")]
    [InlineData("run -p x image", 125, "invalid containerPort: x")]
    [InlineData("run --env-file /nope image", 125, "open /nope: no such file or directory")]
    [InlineData("run --security-opt foo image", 125, "Invalid --security-opt: \"foo\"")]
    [InlineData("run --security-opt seccomp=/nope image", 125, "opening seccomp profile (/nope) failed: open /nope: no such file or directory")]
    [InlineData("run --storage-opt x image", 125, "invalid storage option")]
    [InlineData("run --frobnicate image", 125, "unknown flag: --frobnicate. See 'mvm run --help'.")]
    [InlineData("run --attach foo image", 125, "invalid argument \"foo\" for \"-a, --attach\" flag: valid streams are STDIN, STDOUT and STDERR. See 'mvm run --help'.")]
    [InlineData("run --add-host foo image", 125, "invalid argument \"foo\" for \"--add-host\" flag: bad format for add-host: \"foo\". See 'mvm run --help'.")]
    [InlineData("run --dns foo image", 125, "invalid argument \"foo\" for \"--dns\" flag: IP address is not correctly formatted: foo. See 'mvm run --help'.")]
    [InlineData("run", 125, "'mvm run' requires at least 1 argument; usage: mvm run [OPTIONS] IMAGE [COMMAND] [ARG...]")]
    [InlineData("frobnicate", 1, "unknown command: mvm frobnicate; run 'mvm --help'")]
    [InlineData("rnu image", 1, "unknown command: mvm rnu (did you mean run?); run 'mvm --help'")]
    [InlineData("ps x", 1, "'mvm ps' accepts no arguments; usage: mvm ps [OPTIONS]")]
    [InlineData("rename x", 1, "'mvm rename' requires 2 arguments; usage: mvm rename [OPTIONS] CONTAINER NEW_NAME")]
    public void Mistakes_are_one_line_and_reach_no_daemon(string line, int exitCode, string message)
    {
        using var engine = new FakeEngine();
        Mvm.Result result = Mvm.Run(engine, line.Split(' '));
        Assert.Equal((exitCode, "", $"mvm: {message}\n"), (result.ExitCode, result.Text, result.Error));
        Assert.Empty(engine.Requests);
    }
}
