namespace MicroVm.Hypervisor.Tests;

public sealed class GuestFilesTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("mvm-guest-files-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Theory]
    [InlineData("tcg", "vmlinux.emulation")]
    [InlineData("kvm", "vmlinux")]
    public void AnEmulatedVmHasTheKernelThatIsMadeForIt(string accelerator, string expected)
    {
        string kernel = Write("vmlinux");
        Write("vmlinux.emulation");
        Assert.Equal(Path.Combine(_directory, expected), GuestFiles.KernelFor(kernel, accelerator));
    }

    [Fact]
    public void AKernelThatIsAloneIsTaken()
    {
        string kernel = Write("own-kernel");
        Assert.Equal(kernel, GuestFiles.KernelFor(kernel, "tcg"));
    }

    private string Write(string name)
    {
        string path = Path.Combine(_directory, name);
        File.WriteAllText(path, "");
        return path;
    }
}
