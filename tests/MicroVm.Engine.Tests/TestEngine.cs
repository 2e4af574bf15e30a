using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using MicroVm.Engine.Containers;
using MicroVm.Engine.Events;
using MicroVm.Hypervisor;
using MicroVm.Images.Layers;
using MicroVm.Images.Registry;
using MicroVm.Images.Store;

namespace MicroVm.Engine.Tests;

/// <summary>A container service with real image and layer stores in a temporary directory; it can be restarted.</summary>
internal sealed class TestEngine : IAsyncDisposable
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(120);

    private readonly TemporaryDirectory _directory = new();
    private readonly IHypervisor _hypervisor;

    private TestEngine(IHypervisor hypervisor, EngineOptions options)
    {
        _hypervisor = hypervisor;
        Options = options with { Root = _directory["root"], RunDirectory = _directory["run"], DefaultStorage = 64 << 20 };
        Layers = LayerStore.Open(_directory["layers"]);
        Images = ImageStore.Open(_directory["images"], Layers, new RegistryOptions(), NullLogger.Instance);
        Service = NewService();
    }

    /// <summary>Kept from one run of the tests to the next.</summary>
    public static string HypervisorDirectory => Path.Combine(AppContext.BaseDirectory, "hypervisor");

    public EngineOptions Options { get; }

    public LayerStore Layers { get; }

    public ImageStore Images { get; }

    public EventBus Events { get; } = new();

    /// <summary>What the service has warned of.</summary>
    public WarningLog Warnings { get; } = new();

    public ContainerService Service { get; private set; }

    public static async Task<TestEngine> OpenAsync(IHypervisor hypervisor, EngineOptions? options = null)
    {
        TestEngine engine = new(hypervisor, options ?? new() { Root = "", RunDirectory = "", Kernel = "", Initramfs = "" });
        await engine.Service.RecoverAsync(CancellationToken.None);
        return engine;
    }

    /// <summary>The daemon ends, in good order or as if killed, and another one starts.</summary>
    public async Task RestartAsync(bool orderly = true)
    {
        if (orderly)
        {
            await Service.DisposeAsync();
        }

        Service = NewService();
        await Service.RecoverAsync(CancellationToken.None).WaitAsync(s_limit);
    }

    public async Task<string> CreateAsync(ContainerSpec spec, string? name = null) =>
        (await Service.CreateAsync(spec, name, CancellationToken.None)).Id;

    public async Task<string> StartAsync(ContainerSpec spec, string? name = null)
    {
        string id = await CreateAsync(spec, name);
        await Service.StartAsync(id, CancellationToken.None).WaitAsync(s_limit);
        return id;
    }

    /// <summary>As <c>docker run</c>: attach, wait, start, and read all.</summary>
    public async Task<RunResult> RunAsync(ContainerSpec spec, byte[]? stdin = null)
    {
        string id = await CreateAsync(spec);
        await using IAttachment client = await Service.AttachAsync(
            id, new(true, stdin is not null, true, true, false), CancellationToken.None);
        ContainerWait wait = Service.Wait(id, spec.AutoRemove ? WaitCondition.Removed : WaitCondition.NextExit);
        Task feeding = Task.Run(() => FeedAsync(client, stdin));
        Task<(byte[], byte[])> reading = ReadAllAsync(client);
        await Service.StartAsync(id, CancellationToken.None).WaitAsync(s_limit);
        ContainerExit exit = await wait.Result.WaitAsync(s_limit);
        (byte[] stdout, byte[] stderr) = await reading.WaitAsync(s_limit);
        await feeding.WaitAsync(s_limit);
        return new(id, exit.StatusCode, stdout, stderr);
    }

    public async Task<ContainerExit> WaitAsync(string id, WaitCondition condition = WaitCondition.NotRunning) =>
        await Service.Wait(id, condition).Result.WaitAsync(s_limit);

    public async Task<string> LogAsync(string id)
    {
        StringBuilder text = new();
        await foreach (LogEntry entry in Service.LogsAsync(id, new(true, true, false, null, null, null), CancellationToken.None))
        {
            text.Append(Encoding.UTF8.GetString(entry.Line.Span));
        }

        return text.ToString();
    }

    /// <summary>Nothing of any container is left on disk.</summary>
    public void AssertNothingLeft()
    {
        Assert.Empty(Directory.GetFileSystemEntries(Path.Combine(Options.Root, "containers")));
        Assert.Empty(Directory.GetFileSystemEntries(Path.Combine(Options.Root, "trash")));
        Assert.Empty(Directory.GetFileSystemEntries(Path.Combine(Options.RunDirectory, "vms")));
    }

    public static async Task<(byte[] Stdout, byte[] Stderr)> ReadAllAsync(IAttachment client)
    {
        MemoryStream stdout = new();
        MemoryStream stderr = new();
        while (await client.ReadAsync(CancellationToken.None) is { } chunk)
        {
            (chunk.Stream == OutputStream.Stderr ? stderr : stdout).Write(chunk.Bytes.Span);
        }

        return (stdout.ToArray(), stderr.ToArray());
    }

    public async ValueTask DisposeAsync()
    {
        foreach (ContainerSnapshot container in Service.List())
        {
            await Service.RemoveAsync(container.Id, force: true, removeVolumes: true, CancellationToken.None);
        }

        await Service.DisposeAsync();
        Images.Dispose();
        _directory.Dispose();
    }

    private static async Task FeedAsync(IAttachment client, byte[]? stdin)
    {
        if (stdin is not null)
        {
            await client.WriteStdinAsync(stdin, CancellationToken.None);
            await client.EndStdinAsync(CancellationToken.None);
        }
    }

    private ContainerService NewService() => new(Options, Images, Layers, _hypervisor, Events, Warnings);

    internal sealed record RunResult(string Id, int ExitCode, byte[] Stdout, byte[] Stderr)
    {
        public string Output => Encoding.UTF8.GetString(Stdout);

        public string Error => Encoding.UTF8.GetString(Stderr);
    }
}
