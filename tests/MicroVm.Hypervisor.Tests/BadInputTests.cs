using System.Net;
using System.Net.Sockets;
using MicroVm.Hypervisor.Qemu;

namespace MicroVm.Hypervisor.Tests;

/// <summary>What is wrong with a VM's description is said in one line, before anything runs.</summary>
public sealed class BadInputTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("mvm-hv").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public Task AMissingKernelIsNamed() => RefusedAsync(Spec() with { Kernel = "/nowhere/vmlinux" }, "'/nowhere/vmlinux' does not exist");

    [Fact]
    public Task AKernelThatIsNoElfImageIsRefused() => RefusedAsync(Spec() with { Kernel = Write("vmlinux", "text, not ELF") }, "is not an ELF image");

    [Fact]
    public Task AnEmptyInitramfsIsRefused() => RefusedAsync(Spec() with { Initramfs = Write("initramfs", "") }, "is cut off");

    [Fact]
    public Task TooLittleMemoryIsRefused() => RefusedAsync(Spec() with { Memory = 8 << 20 }, "at least 48 MiB");

    [Fact]
    public Task AMissingQemuSaysWhatToInstall() =>
        RefusedAsync(Spec(), "apt-get install qemu-system-x86", TestHost.Options with { QemuPath = "/nowhere/qemu" });

    [Fact]
    public async Task APortThatIsTakenIsRefused()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        int port = ((IPEndPoint)listener.LocalEndpoint).Port;
        var network = new NetworkSpec { MacAddress = [2, 0, 0, 0, 0, 1], Ports = [new("127.0.0.1", port, 80, "tcp")] };
        await RefusedAsync(Spec() with { Networks = [network] }, $"Bind for 127.0.0.1:{port} failed: port is already allocated");
    }

    private static async Task RefusedAsync(VmSpec spec, string text, HypervisorOptions? options = null)
    {
        var hypervisor = new QemuHypervisor(options ?? TestHost.Options);
        var exception = await Assert.ThrowsAsync<HypervisorException>(() => hypervisor.StartAsync(spec, TestContext.Current.CancellationToken));
        Assert.Contains(text, exception.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', exception.Message);
        Assert.Empty(Directory.GetFiles(spec.RuntimeDirectory));
    }

    private VmSpec Spec() => new()
    {
        Id = new string('a', 64),
        RuntimeDirectory = Directory.CreateDirectory(Path.Combine(_directory, "run")).FullName,
        ConsoleLog = Path.Combine(_directory, "console.log"),
        Kernel = Write("kernel", "\u007fELF and more"),
        Initramfs = Write("cpio", "070701"),
        VCpus = 1,
        Memory = 128 << 20,
        Token = new byte[32],
        Root = new(Write("root", ""), DiskFormat.Raw, ReadOnly: true),
        Scratch = new(Write("scratch", ""), DiskFormat.Raw, ReadOnly: false),
    };

    private string Write(string name, string content)
    {
        string path = Path.Combine(_directory, name);
        File.WriteAllText(path, content);
        return path;
    }
}
