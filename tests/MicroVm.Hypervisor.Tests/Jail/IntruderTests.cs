using System.Net.Sockets;
using MicroVm.Hypervisor.Jail;
using MicroVm.Hypervisor.Libvirt;
using MicroVm.Hypervisor.Qemu;
using MicroVm.Hypervisor.Tests.Drivers;

namespace MicroVm.Hypervisor.Tests.Jail;

/// <summary>A program in QEMU's place that tries to get out (tests/jail/intruder.c). As root.</summary>
public sealed class IntruderTests : IDisposable
{
    private static readonly TimeSpan s_limit = TimeSpan.FromMinutes(1);
    private readonly string _directory = Directory.CreateTempSubdirectory("mvm-intruder").FullName;
    private readonly string _intruder;
    private readonly EmbeddedLibvirt _libvirt;

    public IntruderTests(EmbeddedLibvirt libvirt)
    {
        _libvirt = libvirt;
        _intruder = IntruderProgram.Build("intruder", _directory);
    }

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public async Task TheJailHolds()
    {
        VmSpec spec = await TestHost.SpecAsync(_directory, "vm-d");
        using Socket file = await OtherVmAsync();
        using Socket host = Listen("\0" + spec.RuntimeDirectory);
        await using IVirtualMachine machine = await new QemuHypervisor(Options(0)).StartAsync(spec, TestContext.Current.CancellationToken);
        VmExit exit = await machine.Exited.WaitAsync(s_limit, TestContext.Current.CancellationToken);
        Assert.Equal("QEMU: held", exit.Reason);
    }

    [Fact]
    public async Task TheJailUnderLibvirtHolds()
    {
        VmSpec spec = await TestHost.SpecAsync(_directory, "vm-f");
        using Socket file = await OtherVmAsync();
        using Socket host = Listen("\0" + spec.RuntimeDirectory);
        HypervisorOptions options = Options(1) with { LibvirtUri = _libvirt.Uri };
        using LibvirtHypervisor hypervisor = new(options, new QemuHypervisor(options));
        var error = await Assert.ThrowsAsync<HypervisorException>(() => hypervisor.StartAsync(spec, TestContext.Current.CancellationToken));
        Assert.EndsWith(": held", error.Message, StringComparison.Ordinal);
    }

    /// <summary>Else the test above could not fail: an ordinary user of the host reaches a lot.</summary>
    [Fact]
    public async Task WithoutAJailItWouldReachTheHost()
    {
        VmSpec spec = await TestHost.SpecAsync(_directory, "vm-e");
        using Socket file = await OtherVmAsync();
        using Socket host = Listen("\0" + spec.RuntimeDirectory);
        File.SetUnixFileMode(_directory, UnixFileMode.OtherExecute | UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        string output = IntruderProgram.Run(
            "setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups", _intruder, $"name=opt/mvm/token,file={spec.RuntimeDirectory}/token");
        Assert.All(["users", "processes", "shell", "abstract socket", "ptrace"], what => Assert.Contains(what, output, StringComparison.Ordinal));
    }

    /// <summary>Its fork bomb uses its user up.</summary>
    private HypervisorOptions Options(uint user) => TestHost.Options with
    {
        QemuPath = _intruder,
        Directory = Path.Combine(_directory, "hypervisor"),
        Jail = new() { Users = new(JailOptions.DefaultUsers.First + JailOptions.DefaultUsers.Count + user, 1) },
    };

    private async Task<Socket> OtherVmAsync()
    {
        string directory = Directory.CreateDirectory(Path.Combine(_directory, "other", "run")).FullName;
        await File.WriteAllTextAsync(Path.Combine(directory, "token"), "secret", TestContext.Current.CancellationToken);
        return Listen(Path.Combine(directory, "socket"));
    }

    private static Socket Listen(string address)
    {
        Socket socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        socket.Bind(new UnixDomainSocketEndPoint(address));
        socket.Listen(4);
        return socket;
    }
}
