using System.Globalization;

namespace MicroVm.Kvm.Tests.Infrastructure;

/// <summary>A container that runs detached, and is removed in the end.</summary>
public sealed class Container(string id) : IAsyncDisposable
{
    public string Id { get; } = id;

    /// <summary>Busybox without network.</summary>
    public static async Task<Container> StartAsync(params string[] command) =>
        new((await InstalledHost.MvmAsync(["run", "-d", "--network", "none", "-m", "128m", "busybox", .. command])).Succeeded());

    /// <summary>Pid of its VMM; 0 when it does not run.</summary>
    public async Task<int> PidAsync() => int.Parse(await InspectAsync("{{.State.Pid}}"), CultureInfo.InvariantCulture);

    public Task<string> StatusAsync() => InspectAsync("{{.State.Status}}");

    public async Task<string> LogAsync() => (await InstalledHost.MvmAsync("logs", Id)).Succeeded();

    public Task WaitForLogAsync(string text) =>
        Eventually.IsTrueAsync(async () => (await LogAsync()).Contains(text, StringComparison.Ordinal), $"no '{text}' in the log");

    public async ValueTask DisposeAsync() => (await InstalledHost.MvmAsync("rm", "-f", Id)).Succeeded();

    private async Task<string> InspectAsync(string format) =>
        (await InstalledHost.MvmAsync("inspect", "--format", format, Id)).Succeeded();
}
