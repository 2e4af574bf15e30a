using MicroVm.Engine.Containers;
using MicroVm.Engine.Tests.InMemory;

namespace MicroVm.Engine.Tests.Containers;

/// <summary>Tests of an engine of their own over guests in this process, with an image named tiny.</summary>
/// <param name="options">Null: the engine's own.</param>
public abstract class InMemoryTests(EngineOptions? options = null) : IAsyncLifetime
{
    private protected readonly InMemoryHypervisor _hypervisor = new();
    private protected TestEngine _engine = null!;

    private protected ContainerService Service => _engine.Service;

    public async ValueTask InitializeAsync()
    {
        _engine = await TestEngine.OpenAsync(_hypervisor, options);
        await TestImage.LoadEmptyAsync(_engine.Images, "tiny");
    }

    public async ValueTask DisposeAsync()
    {
        await _engine.DisposeAsync();
        GC.SuppressFinalize(this);
    }
}
