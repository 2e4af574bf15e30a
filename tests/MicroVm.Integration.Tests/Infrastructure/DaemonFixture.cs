[assembly: AssemblyFixture(typeof(MicroVm.Integration.Tests.Infrastructure.DaemonFixture))]

namespace MicroVm.Integration.Tests.Infrastructure;

/// <summary>
/// A real mvmd on a root, a socket and a registry of its own, shared by all tests that do not harm it; the registry serves
/// the sample images as docker.io's mirror. Anything left running at the end fails the run.
/// </summary>
public sealed class DaemonFixture : IAsyncLifetime
{
    private Registry? _registry;
    private Daemon? _daemon;

    public Daemon Daemon => _daemon ?? throw new InvalidOperationException("not started");

    public Registry Registry => _registry ?? throw new InvalidOperationException("not started");

    public async ValueTask InitializeAsync()
    {
        _registry = await Registry.StartAsync();
        _daemon = await Daemon.StartAsync($$"""{"registry-mirrors": ["http://{{_registry.Address}}"]}""");
        (await Daemon.MvmAsync("pull", "-q", "busybox")).Succeeded();
    }

    public async ValueTask DisposeAsync()
    {
        if (_daemon is not null)
        {
            await _daemon.DisposeAsync();
        }

        _registry?.Dispose();
    }
}
