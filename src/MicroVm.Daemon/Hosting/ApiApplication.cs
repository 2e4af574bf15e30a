using Microsoft.AspNetCore.Hosting.Server;
using MicroVm.Daemon.Endpoints;
using MicroVm.Daemon.Endpoints.Builds;
using MicroVm.Daemon.Http;
using MicroVm.Engine.Builds;
using MicroVm.Engine.Containers;
using MicroVm.Engine.Events;
using MicroVm.Engine.Execs;
using MicroVm.Engine.Files;
using MicroVm.Engine.Networks;
using MicroVm.Engine.Volumes;
using MicroVm.Hypervisor;
using MicroVm.Images.Store;

namespace MicroVm.Daemon.Hosting;

/// <summary>The web application: our server, the API's middleware and endpoints over the services it is given.</summary>
internal static class ApiApplication
{
    private const string Group = "mvm";

    /// <summary>How long a stop waits for requests that have not begun to answer.</summary>
    private static readonly TimeSpan s_grace = TimeSpan.FromSeconds(5);

    /// <param name="addServices">Registers <see cref="IContainerService"/>, <see cref="IExecService"/>, <see cref="IContainerFiles"/>,
    /// <see cref="INetworkService"/>, <see cref="IImageStore"/>, <see cref="IBuildService"/>, <see cref="IVolumeService"/>,
    /// <see cref="IHypervisor"/> and <see cref="EventBus"/>.</param>
    public static WebApplication Build(DaemonOptions options, Action<IServiceCollection> addServices)
    {
        // Empty: no configuration files watched, no console formatter, no Kestrel. It starts in a fraction of the time.
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new() { ApplicationName = "mvmd" });
        builder.Logging.AddProvider(new StderrLoggerProvider());
        builder.Logging.SetMinimumLevel(options.LogLevel);
        builder.Logging.AddFilter("Microsoft", LogLevel.Warning);
        // What the host would log with a trace, the program says in one line.
        builder.Logging.AddFilter("Microsoft.Extensions.Hosting", LogLevel.None);
        builder.Services.AddRoutingCore();
        builder.Services.AddSingleton(options);
        builder.Services.AddSingleton<IServer>(services => new UnixHttpServer(
            new UnixListener(options.SocketPath, SystemGroups.Find(Group)), new HttpLimits(), services.GetRequiredService<ILogger<UnixHttpServer>>()));
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = s_grace);
        builder.Services.Configure<ConsoleLifetimeOptions>(console => console.SuppressStatusMessages = true);
        addServices(builder.Services);
        WebApplication application = builder.Build();
        application.UseMiddleware<ApiMiddleware>();
        application.UseRouting();
        Map(application, application.Services, options);
        return application;
    }

    private static void Map(IEndpointRouteBuilder routes, IServiceProvider services, DaemonOptions options)
    {
        var containers = services.GetRequiredService<IContainerService>();
        var execs = services.GetRequiredService<IExecService>();
        var images = services.GetRequiredService<IImageStore>();
        var volumes = services.GetRequiredService<IVolumeService>();
        var events = services.GetRequiredService<EventBus>();
        new SystemEndpoints(containers, images, services.GetRequiredService<IHypervisor>(), options).Map(routes);
        var pruner = new ImagePruner(images, containers, events);
        new ImageEndpoints(images, pruner, events).Map(routes);
        new BuildEndpoints(services.GetRequiredService<IBuildService>(), images, pruner).Map(routes);
        new EventEndpoints(events).Map(routes);
        new DiskEndpoints(containers, images, volumes).Map(routes);
        new VolumeEndpoints(volumes).Map(routes);
        new ContainerEndpoints(containers, execs, images, services.GetRequiredService<ILogger<ContainerEndpoints>>()).Map(routes);
        new ExecEndpoints(execs).Map(routes);
        new NetworkEndpoints(services.GetRequiredService<INetworkService>()).Map(routes);
        new FileEndpoints(services.GetRequiredService<IContainerFiles>(), containers).Map(routes);
        UnsupportedEndpoints.Map(routes);
    }
}
