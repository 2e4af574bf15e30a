using MicroVm.Integration.Tests.Infrastructure;

namespace MicroVm.Integration.Tests;

/// <summary>Hosts on which no VM can start: each said in one line, by a daemon that goes on and has nothing left.</summary>
public sealed class BrokenHostTests
{
    [Fact]
    public Task AMissingKernelIsNamed() => RunIsRefusedAsync("""{"kernel": "/nowhere/vmlinux"}""", "guest kernel '/nowhere/vmlinux' does not exist");

    [Fact]
    public Task AKernelThatIsNoImageIsNamed() => RunIsRefusedAsync("""{"kernel": "/etc/passwd"}""", "guest kernel '/etc/passwd' is not an ELF image");

    [Fact]
    public Task AnUnreadableInitramfsIsNamed() => RunIsRefusedAsync("""{"initramfs": "/proc/self/mem"}""", "guest initramfs '/proc/self/mem'");

    [Fact]
    public Task AMissingQemuIsNamed() => RunIsRefusedAsync(
        "{}", "qemu-system-x86_64 not found: apt-get install qemu-system-x86", new Dictionary<string, string> { ["PATH"] = "/nowhere" });

    private static async Task RunIsRefusedAsync(string configuration, string text, IReadOnlyDictionary<string, string>? environment = null)
    {
        await using Daemon daemon = await Daemon.StartAsync(configuration, environment);
        await daemon.LoadBusyboxAsync();
        string[] run = ["run", "--rm", "--network", "none", "busybox", "true"];
        (await daemon.MvmAsync(run)).Refused("mvm", 125, text); // Makes the templates and disks that are kept.
        foreach (string client in CombinatorialClientsAttribute.Clients)
        {
            var before = Footprint.Of(daemon);
            (await daemon.ClientAsync(client, run)).Refused(client, 125, text);
            await before.UnchangedAsync();
        }
    }
}
