using System.Globalization;
using MicroVm.Kvm.Tests.Infrastructure;

namespace MicroVm.Kvm.Tests;

/// <summary>VMs that KVM goes on with where their template was stopped; each has a vsock device that the template had not.</summary>
public sealed class TemplateTests
{
    private const string Own = "cat /proc/sys/kernel/random/boot_id; date +%s; cat /sys/devices/system/clocksource/clocksource0/current_clocksource";

    [Fact]
    public async Task RestoredVmsRunOnKvmAndVsockWithATimeAndNumbersOfTheirOwn()
    {
        await Eventually.IsTrueAsync(IsMadeAsync, "no template was made");
        await using Container one = await RunAsync();
        await using Container two = await RunAsync();
        string[][] lines = [(await one.LogAsync()).Split('\n'), (await two.LogAsync()).Split('\n')];
        Assert.NotEqual(lines[0][0], lines[1][0]);
        long now = DateTimeOffset.UtcNow.ToUnixTimeSeconds();
        Assert.All(lines, own => Assert.InRange(now - long.Parse(own[1], CultureInfo.InvariantCulture), -5, 120));
        Assert.All(lines, own => Assert.Equal("kvm-clock", own[2]));
    }

    private static async Task<Container> RunAsync()
    {
        string[] run = ["run", "-d", "--network", "none", "busybox", "sh", "-c", Own + "; echo ready; exec sleep 1000"];
        var container = new Container((await InstalledHost.MvmAsync(run)).Succeeded());
        await container.WaitForLogAsync("ready");
        Assert.True(await InstalledHost.Api.WasRestoredAsync(container.Id));
        return container;
    }

    private static async Task<bool> IsMadeAsync() =>
        (await Command.RunAsync("journalctl", ["-u", "mvmd", "-q", "--no-pager"])).OutputText.Contains("1024 MiB are restored from a template", StringComparison.Ordinal);
}
