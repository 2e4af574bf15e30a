using System.Globalization;
using MicroVm.Integration.Tests.Infrastructure;

namespace MicroVm.Integration.Tests;

/// <summary>`system df` and the prunes, on a daemon of its own: they look at everything.</summary>
[Collection<OwnDaemonCollection>]
public sealed class DiskUsageTests(OwnDaemon own)
{
    private Daemon Daemon => own.Daemon;

    [Theory, CombinatorialClients]
    public async Task UsageIsToldAndPrunesGiveItBack(string client)
    {
        string id = (await Daemon.ClientAsync(
            client, ["run", "-d", "--network", "none", "busybox", "sh", "-c", "dd if=/dev/zero of=/big bs=1M count=8 2>/dev/null; sync"])).Succeeded();
        (await Daemon.ClientAsync(client, ["wait", id])).Succeeded();
        (await Daemon.ClientAsync(client, ["tag", "busybox", "other:1"])).Succeeded();
        string[] rows = (await Daemon.ClientAsync(
            client, ["system", "df", "--format", "{{.Type}};{{.TotalCount}};{{.Active}};{{.Size}};{{.Reclaimable}}"])).Succeeded().Split('\n');
        Assert.Matches(@"^Images;1;1;[\d.]+[kM]B;", rows[0]);
        Assert.Matches(@"^Containers;1;0;(8\.|9\.|1\d\.)\d+MB;", rows[1]);
        Assert.Equal(["Local Volumes;0;0;0B;0B", "Build Cache;0;0;0B;0B"], rows[2..]);
        string details = (await Daemon.ClientAsync(client, ["system", "df", "-v"])).Succeeded();
        Assert.Contains(id[..12], details, StringComparison.Ordinal);
        await SizesAreShownAsync(client, id);
        Assert.Contains("busybox", details, StringComparison.Ordinal);
        (await Daemon.ClientAsync(client, ["container", "prune"], "n\n"u8.ToArray())).Succeeded();
        Assert.Equal(id, (await Daemon.ClientAsync(client, ["ps", "-aq", "--no-trunc"])).Succeeded());
        string kept = (await Daemon.ClientAsync(client, ["system", "prune", "-f", "--filter", "label=nobody"])).Succeeded();
        Assert.EndsWith("Total reclaimed space: 0B", kept, StringComparison.Ordinal);
        string pruned = (await Daemon.ClientAsync(client, ["system", "prune", "-f", "--volumes"])).Succeeded();
        Assert.Contains("Deleted Containers:\n" + id, pruned, StringComparison.Ordinal);
        Assert.DoesNotContain("space: 0B", pruned, StringComparison.Ordinal);
        Assert.Equal("", (await Daemon.ClientAsync(client, ["ps", "-aq"])).Succeeded());
        Assert.Contains("busybox", (await Daemon.ClientAsync(client, ["images"])).Succeeded(), StringComparison.Ordinal);
        string images = (await Daemon.ClientAsync(client, ["image", "prune", "-a", "-f"])).Succeeded();
        Assert.Contains("untagged: other:1", images, StringComparison.Ordinal);
        Assert.Equal("", (await Daemon.ClientAsync(client, ["images", "-q"])).Succeeded());
        (await Daemon.MvmAsync("load", "-q", "-i", Path.Combine(Daemon.Directory, "busybox.tar"))).Succeeded();
    }

    private async Task SizesAreShownAsync(string client, string id)
    {
        const string Template = "{{.SizeRw}} {{.SizeRootFs}}";
        long image = long.Parse((await Daemon.ClientAsync(client, ["image", "inspect", "-f", "{{.Size}}", "busybox"])).Succeeded(), CultureInfo.InvariantCulture);
        long[] sizes = [.. (await Daemon.ClientAsync(client, ["inspect", "-s", "-f", Template, id])).Succeeded().Split(' ').Select(number => long.Parse(number, CultureInfo.InvariantCulture))];
        Assert.InRange(sizes[0], 8 << 20, 20 << 20);
        Assert.Equal(sizes[0] + image, sizes[1]);
        string[] list = (await Daemon.ClientAsync(client, ["ps", "-as"])).Succeeded().Split('\n');
        Assert.EndsWith("SIZE", list[0], StringComparison.Ordinal);
        Assert.Matches(@"  [\d.]+MB \(virtual [\d.]+MB\)$", list[1]);
        Assert.Matches(@"^[\d.]+MB \(virtual [\d.]+MB\)$", (await Daemon.ClientAsync(client, ["ps", "-a", "--format", "{{.Size}}"])).Succeeded());
        Assert.DoesNotContain("SizeRw", (await Daemon.ClientAsync(client, ["inspect", id])).Succeeded(), StringComparison.Ordinal);
    }
}
