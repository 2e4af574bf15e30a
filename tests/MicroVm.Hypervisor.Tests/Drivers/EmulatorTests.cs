using System.Diagnostics;
using System.Net.Sockets;
using System.Text;
using MicroVm.Hypervisor.Libvirt;
using MicroVm.Hypervisor.Qemu;
using MicroVm.Interop.Posix;

namespace MicroVm.Hypervisor.Tests.Drivers;

/// <summary>What libvirt takes for QEMU (native/emulator), with this test in mvmd's place.</summary>
public sealed class EmulatorTests : IDisposable
{
    private static readonly string[] s_words = ["-name", "a b", "", "-chardev", "socket,id=charmonitor,fd=99,server=on"];
    private readonly string _directory = Directory.CreateTempSubdirectory("mvm-em").FullName;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private string LaunchPath => Path.Combine(_directory, "launch.sock");

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public async Task WithoutAVmItIsQemu()
    {
        var program = new EmulatorProgram(Path.Combine(_directory, "emulator"), TestHost.Options.EmulatorPath);
        string path = program.For(QemuInstallation.Find(null));
        Assert.Equal(path, program.For(QemuInstallation.Find(null)));
        using Process process = Process.Start(new ProcessStartInfo(path, ["--version"]) { RedirectStandardOutput = true })!;
        Assert.StartsWith("QEMU emulator version", await process.StandardOutput.ReadToEndAsync(Token), StringComparison.Ordinal);
    }

    [Fact]
    public async Task ItSaysItsArgumentsAndBecomesWhatItIsTold()
    {
        using var launch = new EmulatorLaunch(LaunchPath);
        using Process process = Start();
        using EmulatorChild child = await launch.AcceptAsync(Token);
        Assert.Equal(process.Id, child.ProcessId);
        Assert.Equal(s_words, child.Arguments);
        string output = Path.Combine(_directory, "output");
        using (FileStream file = File.Create(output))
        {
            // Descriptor 99, which libvirt's arguments name, is not there.
            child.Become(0, ["/bin/true"], file.SafeFileHandle, [file.SafeFileHandle], []);
        }

        await process.WaitForExitAsync(Token);
        Assert.Equal(1, process.ExitCode);
        Assert.Equal("mvm-emulator: a descriptor: Bad file descriptor\n", await File.ReadAllTextAsync(output, Token));
    }

    [Fact]
    public async Task WhereMvmdRefusesItEndsWithoutAWord()
    {
        using var launch = new EmulatorLaunch(LaunchPath);
        using Process process = Start();
        (await launch.AcceptAsync(Token)).Dispose();
        Assert.Equal((1, ""), await EndAsync(process));
    }

    [Theory]
    [InlineData("0\01\00\0")]
    [InlineData("0\01\01\0/bin/true\0")]
    [InlineData("0\01\0-1\0/bin/true\0")]
    [InlineData("0\00\00\0/bin/true\0")]
    [InlineData("0\05\00\0/bin/true\0")]
    [InlineData("131072\01\00\0/bin/true\0")]
    [InlineData("0\01\00\0/bin/true")]
    public async Task AnAnswerThatIsNoneIsRefused(string answer)
    {
        using Socket listener = UnixListener.Open(LaunchPath, SocketType.Seqpacket);
        using Process process = Start();
        using Socket socket = await listener.AcceptAsync(Token);
        await socket.ReceiveAsync(new byte[1 << 16], Token);
        using FileStream file = File.OpenRead("/dev/null");
        UnixPeer.Send(socket, Encoding.UTF8.GetBytes(answer), [file.SafeFileHandle, file.SafeFileHandle]);
        Assert.Equal((1, "mvm-emulator: mvmd's answer: Protocol error\n"), await EndAsync(process));
    }

    [Fact]
    public async Task WithoutMvmdItSaysWhereItLooked()
    {
        (int exitCode, string words) = await EndAsync(Start());
        Assert.Equal((1, $"mvm-emulator: mvmd at {LaunchPath}: No such file or directory\n"), (exitCode, words));
    }

    private Process Start() => Process.Start(new ProcessStartInfo(TestHost.Options.EmulatorPath, s_words)
    {
        RedirectStandardError = true,
        Environment = { [EmulatorLaunch.Variable] = LaunchPath },
    })!;

    private static async Task<(int ExitCode, string Words)> EndAsync(Process process)
    {
        string words = await process.StandardError.ReadToEndAsync(Token);
        await process.WaitForExitAsync(Token);
        return (process.ExitCode, words);
    }
}
