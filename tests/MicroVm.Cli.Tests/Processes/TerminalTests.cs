using System.Diagnostics;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;
using MicroVm.Cli.Interop;

namespace MicroVm.Cli.Tests.Processes;

public class TerminalTests
{
    private static readonly string s_resize = $"POST /containers/{FakeEngine.ContainerId}/resize";

    [Fact]
    public void Structures_are_those_of_the_headers()
    {
        Assert.Equal(60, Unsafe.SizeOf<Termios>());
        Assert.Equal(8, Unsafe.SizeOf<WindowSize>());
        Assert.Equal(110, Unsafe.SizeOf<UnixAddress>());
        Assert.Equal(8, Unsafe.SizeOf<PollDescriptor>());
    }

    [Fact]
    public void Keys_go_through_raw_the_size_follows_and_the_terminal_comes_back()
    {
        using var terminal = new PseudoTerminal(33, 99);
        using FakeEngine engine = FakeContainer.Running(container =>
        {
            container.Socket.Send("ready\r\n"u8);
            byte[] keys = new byte[3];
            container.Input.ReadExactly(keys);
            container.Socket.Send(Encoding.ASCII.GetBytes($"got {Convert.ToHexString(keys)}\r\n"));
            byte[] more = new byte[1];
            container.Input.ReadExactly(more);
            return 5;
        });
        using Process process = terminal.Start(engine, "run -it image");
        terminal.WaitFor("ready");
        Assert.False(terminal.IsCooked);
        Assert.Contains("\"ConsoleSize\":[33,99]", engine.Next("POST /containers/create").Body, StringComparison.Ordinal);
        Assert.EndsWith("/resize?h=33&w=99", engine.Next(s_resize).Line, StringComparison.Ordinal);

        // Ctrl-C, Ctrl-D and Return: as they are, and no signal.
        terminal.Type("\x03\x04\r");
        string screen = terminal.WaitFor("got 03040D");
        Assert.DoesNotContain("^C", screen, StringComparison.Ordinal);

        terminal.Resize(40, 120);
        Assert.EndsWith("/resize?h=40&w=120", engine.Next(s_resize).Line, StringComparison.Ordinal);
        terminal.Type("q");
        Mvm.Finish(process);
        Assert.Equal(5, process.ExitCode);
        Assert.True(terminal.IsCooked);
    }

    [Theory]
    [InlineData("run -it image", "\x10\x11")]
    [InlineData("run -it --detach-keys ctrl-a,d image", "x\x01" + "d")]
    public void The_detach_keys_leave_it_running(string arguments, string keys)
    {
        var over = new ManualResetEventSlim();
        using var terminal = new PseudoTerminal(24, 80);
        using FakeEngine engine = FakeContainer.Running(container =>
        {
            container.Socket.Send("ready\r\n"u8);
            container.Input.CopyTo(Stream.Null);
            over.Wait();
            return 9;
        });
        using Process process = terminal.Start(engine, arguments);
        terminal.WaitFor("ready");
        terminal.Type(keys);
        Mvm.Finish(process);
        Assert.Equal(0, process.ExitCode);
        Assert.True(terminal.IsCooked);
        over.Set();
    }

    [Theory]
    [InlineData("TERM")]
    [InlineData("INT")]
    public void A_signal_that_ends_the_client_restores_the_terminal(string signal)
    {
        var over = new ManualResetEventSlim();
        using var terminal = new PseudoTerminal(24, 80);
        using FakeEngine engine = FakeContainer.Running(container =>
        {
            container.Socket.Send("ready\r\n"u8);
            over.Wait();
            return 0;
        });
        using Process process = terminal.Start(engine, "run -it --sig-proxy=false image");
        terminal.WaitFor("ready");
        Assert.False(terminal.IsCooked);
        using (Process.Start("kill", ["-s", signal, process.Id.ToString(CultureInfo.InvariantCulture)]))
        {
            Mvm.Finish(process);
        }

        Assert.True(terminal.IsCooked);
        over.Set();
    }

    [Fact]
    public void Attaching_makes_the_program_draw_again()
    {
        using var terminal = new PseudoTerminal(24, 80);
        using FakeEngine engine = FakeContainer.Running(container =>
        {
            container.Input.ReadByte();
            return 3;
        });
        engine.On("GET /containers/web/json", request =>
        {
            request.Reply(200, $$"""{"Id":"{{FakeEngine.ContainerId}}","State":{"Running":true},"Config":{"Tty":true,"OpenStdin":true} }""");
            engine.Started.Set();
        });
        using Process process = terminal.Start(engine, "attach web");
        Assert.EndsWith("/resize?h=25&w=81", engine.Next(s_resize).Line, StringComparison.Ordinal);
        Assert.EndsWith("/resize?h=24&w=80", engine.Next(s_resize).Line, StringComparison.Ordinal);
        terminal.Type("q");
        Mvm.Finish(process);
        Assert.Equal(3, process.ExitCode);
    }

    [Fact]
    public void A_daemon_that_dies_restores_the_terminal()
    {
        using var terminal = new PseudoTerminal(24, 80);
        using FakeEngine engine = FakeContainer.Running(container =>
        {
            container.Socket.Send("ready\r\n"u8);
            container.Input.ReadByte();
            return 0;
        });
        engine.On($"POST /containers/{FakeEngine.ContainerId}/wait", request =>
        {
            request.Raw("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
            request.Socket.Close();
        });
        using Process process = terminal.Start(engine, "run -it image");
        terminal.WaitFor("ready");
        terminal.Type("x");
        terminal.WaitFor("lost the connection");
        Mvm.Finish(process);
        Assert.Equal(125, process.ExitCode);
        Assert.True(terminal.IsCooked);
    }

    [Fact]
    public void A_pull_draws_one_line_for_each_layer()
    {
        using var terminal = new PseudoTerminal(24, 200);
        using var engine = new FakeEngine();
        engine.On("POST /images/create", 200, """
            {"status":"Pulling from library/x","id":"latest"}
            {"status":"Downloading","progressDetail":{"current":500,"total":1000},"id":"aaa"}
            {"status":"Downloading","progressDetail":{"current":1,"total":1000},"id":"bbb"}
            {"status":"Pull complete","id":"aaa"}
            {"status":"Status: done"}

            """);
        using Process process = terminal.Start(engine, "pull x");
        string screen = terminal.WaitFor("docker.io/library/x:latest");
        Mvm.Finish(process);
        Assert.Contains($"aaa: Downloading [{new string('=', 25)}>{new string(' ', 24)}] 500B/1kB", screen, StringComparison.Ordinal);
        Assert.Contains("\x1b[2A\r\x1b[2Kaaa: Pull complete", screen, StringComparison.Ordinal);
    }

    [Fact]
    public void Errors_are_red_on_a_terminal_alone_and_only_when_wanted()
    {
        using var terminal = new PseudoTerminal(24, 80);
        using var engine = new FakeEngine();
        using (Process process = terminal.Start(engine, "frobnicate"))
        {
            Assert.Contains("\x1b[31mmvm:\x1b[0m unknown command", terminal.WaitFor("frobnicate"), StringComparison.Ordinal);
            Mvm.Finish(process);
        }

        using var plain = new PseudoTerminal(24, 80);
        using (Process process = plain.Start(engine, "frobnicate", "NO_COLOR=1"))
        {
            Assert.Contains("mvm: unknown command", plain.WaitFor("frobnicate"), StringComparison.Ordinal);
            Mvm.Finish(process);
        }
    }
}
