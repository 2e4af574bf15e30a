namespace MicroVm.Hypervisor.Tests.Drivers;

/// <summary>A guest whose init says a word on the console, and then ends the VM or sleeps: no agent, so that the driver is all there is.</summary>
internal sealed class TestGuest(string directory)
{
    public const string Greeting = "the test guest is up";

    private const string Init = """
        #include <fcntl.h>
        #include <string.h>
        #include <sys/mount.h>
        #include <sys/reboot.h>
        #include <sys/stat.h>
        #include <unistd.h>
        int main(void) {
            static const char text[] = "the test guest is up\n";
            mkdir("/dev", 0755);
            mount("devtmpfs", "/dev", "devtmpfs", 0, 0);
            int console = open("/dev/console", O_RDWR);
            if (write(console, text, strlen(text)) < 0 || ENDS) { reboot(RB_AUTOBOOT); }
            for (;;) { pause(); }
        }
        """;

    /// <param name="id">64 hex digits.</param>
    /// <param name="ends">Whether the guest ends as soon as it is up.</param>
    public async Task<VmSpec> SpecAsync(string id, bool ends = false)
    {
        string root = Path.Combine(directory, "root,with comma & <tags>.img");
        await File.WriteAllBytesAsync(root, new byte[4096], TestContext.Current.CancellationToken);
        VmSpec spec = await TestHost.SpecAsync(directory, "vm");
        return spec with
        {
            Id = id,
            Name = "web",
            Labels = new Dictionary<string, string> { ["tier"] = "front & <back>", ["odd"] = "bell \a, lone \ud800" },
            Initramfs = await InitramfsAsync(ends),
            Root = spec.Root with { Path = root },
        };
    }

    private async Task<string> InitramfsAsync(bool ends)
    {
        string tree = Directory.CreateDirectory(Path.Combine(directory, "initramfs")).FullName;
        await File.WriteAllTextAsync(Path.Combine(directory, "init.c"), Init, TestContext.Current.CancellationToken);
        string script = $"cd '{tree}' && cc -static -Os -DENDS={(ends ? 1 : 0)} -o init ../init.c && echo init | cpio -o -H newc --quiet > ../initramfs.cpio";
        (int exitCode, string output) = await Commands.RunAsync("sh", "-c", script);
        Assert.True(exitCode == 0, output);
        return Path.Combine(directory, "initramfs.cpio");
    }
}
