using Microsoft.Extensions.Logging;
using MicroVm.Daemon.Hosting;

namespace MicroVm.Daemon.Tests.Hosting;

public sealed class CommandLineTests : IDisposable
{
    private readonly string _file = Path.GetTempFileName();

    public void Dispose() => File.Delete(_file);

    private DaemonOptions Parse(string config, string[] arguments, Dictionary<string, string>? environment = null)
    {
        File.WriteAllText(_file, config);
        Assert.Null(CommandLine.Parse(["--config", _file, .. arguments], environment ?? [], out DaemonOptions options));
        return options;
    }

    [Fact]
    public void The_file_sets_what_it_names()
    {
        DaemonOptions options = Parse(
            """{"root":"/a/../b","registry-mirrors":["http://127.0.0.1:5000/"],"memory":"512m","cpus":2,"log-level":"warn","host":"unix:///x.sock"}""", []);
        Assert.Equal(("/b", 512L << 20, 2, LogLevel.Warning, "/x.sock"), (options.Root, options.Memory, options.Cpus, options.LogLevel, options.SocketPath));
        Assert.Equal(["http://127.0.0.1:5000"], options.RegistryMirrors);
    }

    [Fact]
    public void The_environment_wins_over_the_file_and_the_command_line_over_both()
    {
        DaemonOptions options = Parse(
            """{"cpus":2,"memory":"1g","root":"/file"}""", ["--cpus=4", "--debug"], new() { ["MVM_CPUS"] = "3", ["MVM_ROOT"] = "/environment" });
        Assert.Equal((4, 1L << 30, "/environment", true), (options.Cpus, options.Memory, options.Root, options.Debug));
    }

    [Fact]
    public void The_socket_lies_in_the_run_directory() =>
        Assert.Equal("/r/mvm.sock", Parse("{}", ["--run-dir", "/r"]).SocketPath);

    [Theory]
    [InlineData("""{"mirror":[]}""", "unknown key \"mirror\"")]
    [InlineData("""{"cpus":"many"}""", "cpus: invalid value \"many\": expected a number from 1 to 64")]
    [InlineData("""{"cpus":0}""", "expected a number")]
    [InlineData("""{"cpus":{}}""", "expected one value")]
    [InlineData("""{"cpus":1,"cpus":2}""", "not valid JSON")]
    [InlineData("""{"root":"relative"}""", "an absolute path")]
    [InlineData("""{"driver":"xen"}""", "expected qemu")]
    [InlineData("""{"host":"tcp://0.0.0.0:2375"}""", "no other transport")]
    [InlineData("""{"registry-mirrors":["mirror.example"]}""", "addresses such as")]
    [InlineData("""{"memory":"-1"}""", "a size")]
    [InlineData("""{"vm-users":"5-4"}""", "a range such as 200000-265535")]
    [InlineData("""{"vm-users":"2000000000-3000000000"}""", "a range without 2952790017-4026531839")]
    [InlineData("""{"privileged-shares":"maybe"}""", "true or false")]
    [InlineData("""{"warm-start":"sometimes"}""", "true or false")]
    [InlineData("[]", "must be a JSON object")]
    [InlineData("{", "not valid JSON")]
    public void Wrong_files_are_refused_in_one_line(string config, string words)
    {
        string message = Assert.Throws<DaemonException>(() => Parse(config, [])).Message;
        Assert.Contains(words, message);
        Assert.StartsWith(_file, message);
    }

    [Theory]
    [InlineData("--colour=red", "unknown flag --colour")]
    [InlineData("red", "unknown argument 'red'")]
    [InlineData("--root", "needs a value")]
    [InlineData("--cpus=x", "--cpus: invalid value \"x\"")]
    public void Wrong_flags_are_refused(string argument, string words) =>
        Assert.Contains(words, Assert.Throws<DaemonException>(() => Parse("{}", [argument])).Message);

    [Fact]
    public void A_file_that_was_named_must_be_there() => Assert.Contains(
        "can't be read", Assert.Throws<DaemonException>(() => CommandLine.Parse(["--config", "/no/such"], new Dictionary<string, string>(), out _)).Message);
}
