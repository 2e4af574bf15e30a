namespace MicroVm.Kvm.Tests.Infrastructure;

/// <summary>A container of the service that runs detached, and is removed in the end.</summary>
public sealed class Container(string id) : IAsyncDisposable
{
    public string Id { get; } = id;

    private static EngineApi Api => InstalledHost.Api;

    /// <summary>Busybox without network.</summary>
    public static async Task<Container> StartAsync(params string[] command)
    {
        var container = new Container(await Api.CreateAsync(command));
        Assert.Null(await Api.StartAsync(container.Id));
        return container;
    }

    /// <summary>Pid of its VMM; 0 when it does not run.</summary>
    public async Task<int> PidAsync() => (await Api.StateAsync(Id)).GetProperty("Pid").GetInt32();

    public async Task<string> StatusAsync() => (await Api.StateAsync(Id)).GetProperty("Status").GetString()!;

    public Task<string> LogAsync() => Api.LogAsync(Id);

    public Task WaitForLogAsync(string text) =>
        Eventually.IsTrueAsync(async () => (await LogAsync()).Contains(text, StringComparison.Ordinal), $"no '{text}' in the log");

    public async ValueTask DisposeAsync() => await Api.RemoveAsync(Id);
}
