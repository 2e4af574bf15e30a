using MicroVm.Engine;
using MicroVm.Engine.Builds;
using MicroVm.Engine.Containers;
using MicroVm.Engine.Events;
using MicroVm.Hypervisor;
using MicroVm.Hypervisor.Libvirt;
using MicroVm.Hypervisor.Qemu;
using MicroVm.Images.Layers;
using MicroVm.Images.Registry;
using MicroVm.Images.Store;

namespace MicroVm.Daemon.Hosting;

/// <summary>The parts under the API, made from the options and taken down in reverse order. Running VMs are let go, not ended.</summary>
internal sealed partial class DaemonServices : IAsyncDisposable
{
    private readonly ILoggerFactory _loggers;
    private readonly ImageStore _images;
    private readonly HypervisorDrivers _hypervisor;
    private readonly ContainerService _containers;
    private readonly BuildService _builds;
    private readonly EventBus _events = new();

    private DaemonServices(DaemonOptions options)
    {
        _loggers = LoggerFactory.Create(logging => logging
            .AddProvider(new StderrLoggerProvider())
            .SetMinimumLevel(options.LogLevel));
        LayerStore layers = LayerStore.Open(Path.Combine(options.Root, "layers"));
        _images = ImageStore.Open(Path.Combine(options.Root, "images"), layers, Registries(options), _loggers.CreateLogger<ImageStore>());
        _hypervisor = Drivers(options, _loggers.CreateLogger<QemuHypervisor>());
        _containers = new ContainerService(Engine(options), _images, layers, _hypervisor, _events, _loggers.CreateLogger<ContainerService>());
        _builds = new BuildService(Engine(options), _containers, _containers.Files, _images, layers, _events);
    }

    public static DaemonServices Open(DaemonOptions options) => new(options);

    /// <summary>Takes up what an earlier daemon left running.</summary>
    public async Task RecoverAsync()
    {
        await _containers.RecoverAsync(CancellationToken.None);
        await _builds.RecoverAsync();
    }

    public void Register(IServiceCollection services) => services
        .AddSingleton<IContainerService>(_containers)
        .AddSingleton(_containers.Execs)
        .AddSingleton(_containers.Files)
        .AddSingleton(_containers.Networks)
        .AddSingleton(_containers.Volumes)
        .AddSingleton<IImageStore>(_images)
        .AddSingleton<IBuildService>(_builds)
        .AddSingleton<IHypervisor>(_hypervisor)
        .AddSingleton(_events);

    public async ValueTask DisposeAsync()
    {
        await _containers.DisposeAsync();
        _hypervisor.Dispose();
        _images.Dispose();
        _loggers.Dispose();
    }

    private static HypervisorDrivers Drivers(DaemonOptions options, ILogger logger)
    {
        HypervisorOptions host = Hypervisor(options) with { Report = line => LogHypervisor(logger, line) };
        QemuHypervisor qemu = new(host);
        (string Name, IHypervisor Driver)[] drivers = [("qemu", qemu), ("libvirt", new LibvirtHypervisor(host, qemu))];
        return new([.. drivers.OrderBy(driver => driver.Name != options.Driver)]);
    }

    private static RegistryOptions Registries(DaemonOptions options) => new()
    {
        Mirrors = new Dictionary<string, IReadOnlyList<string>> { ["docker.io"] = options.RegistryMirrors },
        InsecureRegistries = options.InsecureRegistries,
        CertsDirectory = options.CertsDirectory,
        MaxConcurrentDownloads = options.MaxConcurrentDownloads,
    };

    [LoggerMessage(Level = LogLevel.Information, Message = "{Line}")]
    private static partial void LogHypervisor(ILogger logger, string line);

    internal static HypervisorOptions Hypervisor(DaemonOptions options) => new()
    {
        Directory = Path.Combine(options.Root, "hypervisor"),
        RunDirectory = options.RunDirectory,
        LibvirtUri = options.LibvirtUri,
        UserNetworking = options.Networking == NetworkBackend.User,
        PrivilegedShares = options.PrivilegedShares,
        WarmStart = options.WarmStart,
        Jail = new() { Enabled = options.Jail, Users = options.VmUsers, ControlGroupParent = options.ControlGroupParent },
    };

    private static EngineOptions Engine(DaemonOptions options)
    {
        var defaults = new EngineOptions
        {
            Root = options.Root,
            RunDirectory = options.RunDirectory,
            Kernel = options.Kernel,
            Initramfs = options.Initramfs,
            DefaultVCpus = options.Cpus,
            Networking = options.Networking,
        };
        return defaults with
        {
            DefaultMemory = options.Memory > 0 ? options.Memory : defaults.DefaultMemory,
            DefaultStorage = options.StorageSize > 0 ? options.StorageSize : defaults.DefaultStorage,
            BootTimeout = options.BootTimeout > TimeSpan.Zero ? options.BootTimeout : defaults.BootTimeout,
        };
    }
}
