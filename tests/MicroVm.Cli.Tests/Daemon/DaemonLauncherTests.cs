using System.Diagnostics;
using System.Globalization;
using MicroVm.Cli.Daemon;
using MicroVm.Cli.Interop;

namespace MicroVm.Cli.Tests.Daemon;

/// <summary>With shell scripts in mvmd's place.</summary>
public sealed class DaemonLauncherTests : IDisposable
{
    // Listens, says that it is ready, tells its pid and what it was started with.
    private const string Works = """
        socat UNIX-LISTEN:$SOCKET,fork PIPE &
        until socat -u OPEN:/dev/null UNIX-CONNECT:$SOCKET 2>/dev/null; do sleep 0.01; done
        echo $$ >> $PIDS
        echo "session $(ps -o sid= -p $$ | tr -d ' ') directory $PWD input $(readlink /proc/$$/fd/0)"
        printf 'STATUS=up\nREADY=1' | socat - UNIX-SENDTO:$NOTIFY_SOCKET
        wait
        """;

    private readonly string _directory = Directory.CreateTempSubdirectory("mvm-launch-").FullName;

    private string Socket => Path.Combine(_directory, "run", "mvm.sock");

    private string Log => Path.Combine(_directory, "state", "mvmd.log");

    private string Pids => Path.Combine(_directory, "pids");

    public void Dispose()
    {
        foreach (string pid in File.Exists(Pids) ? File.ReadAllLines(Pids) : [])
        {
            // The script leads its session; its children go with it.
            using Process? end = Process.Start("pkill", ["-s", pid]);
            end?.WaitForExit();
        }

        Directory.Delete(_directory, recursive: true);
    }

    [Fact]
    public void Starts_it_detached_and_connects_when_it_is_ready()
    {
        using FileDescriptor connection = new DaemonLauncher(Script(Works), Log).Start(Socket);
        connection.Write("ping"u8);
        byte[] echo = new byte[4];
        Assert.Equal(4, connection.Read(echo));
        string pid = File.ReadAllText(Pids).Trim();
        Assert.Contains($"session {pid} directory / input /dev/null", File.ReadAllText(Log), StringComparison.Ordinal);
        Assert.Empty(Directory.GetFiles(Path.GetDirectoryName(Socket)!, "notify*"));
    }

    [Fact]
    public void Concurrent_callers_start_one()
    {
        string script = Script(Works);
        Task<FileDescriptor>[] callers = [.. Enumerable.Range(0, 4).Select(_ => Task.Run(() => new DaemonLauncher(script, Log).Start(Socket)))];
        Array.ForEach(callers, caller => caller.Result.Dispose());
        Assert.Single(File.ReadAllLines(Pids));
    }

    [Fact]
    public void Its_last_words_are_told()
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Log)!);
        File.WriteAllText(Log, "words of an earlier one\n");
        var failure = Assert.Throws<CliException>(() => new DaemonLauncher(Script("echo first >&2; echo 'no kernel at /x' >&2; exit 3"), Log).Start(Socket));
        Assert.Equal($"mvmd ended at once (exit code 3): no kernel at /x (log: {Log})", failure.Message);
        var silent = Assert.Throws<CliException>(() => new DaemonLauncher(Script("kill -9 $$"), Log).Start(Socket));
        Assert.Equal($"mvmd ended at once (signal 9); its log is {Log}", silent.Message);
    }

    [Fact]
    public void One_that_can_not_be_started_is_told()
    {
        string program = Path.Combine(_directory, "mvmd");
        File.WriteAllText(program, "not a program");
        var failure = Assert.Throws<CliException>(() => new DaemonLauncher(program, Log).Start(Socket));
        Assert.Equal($"mvmd is not running and can't be started: start {program}: permission denied", failure.Message);
    }

    [Fact]
    public void Where_it_is_a_service_systemd_starts_it()
    {
        string service = Script(Works, "service");
        string systemctl = Script($"echo \"$@\"; NOTIFY_SOCKET=/dev/null setsid {service} & until [ -s $PIDS ]; do sleep 0.01; done", "systemctl");
        using FileDescriptor connection = new DaemonLauncher("/nonexistent", Log, new SystemdService(systemctl)).Start(Socket);
        Assert.StartsWith("start --no-ask-password mvmd.service\n", File.ReadAllText(Log), StringComparison.Ordinal);
    }

    [Fact]
    public void Where_no_unit_is_installed_it_is_started_without_systemd()
    {
        var service = new SystemdService(Script("echo 'Unit mvmd.service not found.'; exit 5", "systemctl"));
        using FileDescriptor connection = new DaemonLauncher(Script(Works), Log, service).Start(Socket);
        Assert.Single(File.ReadAllLines(Pids));
    }

    [Fact]
    public void A_service_that_does_not_start_is_told_and_nothing_else_is_started()
    {
        var service = new SystemdService(Script("exit 1", "systemctl"));
        var failure = Assert.Throws<CliException>(() => new DaemonLauncher(Script(Works), Log, service).Start(Socket));
        Assert.Equal(
            "mvmd is not running and systemd can't start it (systemctl start mvmd.service: exit code 1): see journalctl -u mvmd.service",
            failure.Message);
        Assert.False(File.Exists(Pids));
    }

    private string Script(string body, string name = "mvmd")
    {
        string path = Path.Combine(_directory, name);
        string head = string.Create(CultureInfo.InvariantCulture, $"#!/bin/bash\nSOCKET={Socket}\nPIDS={Pids}\n");
        File.WriteAllText(path, head + body + "\n");
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        return path;
    }
}
