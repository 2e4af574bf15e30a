namespace MicroVm.Engine.Persistence;

/// <summary>Where a container's files are. Ids are checked hex, so that they are safe as names.</summary>
internal sealed class ContainerPaths(EngineOptions options, string id)
{
    public string Directory { get; } = Path.Combine(ContainerStore.ContainersDirectory(options), id);

    public string Record => Path.Combine(Directory, "container.json");

    public string Log => Path.Combine(Directory, id + "-json.log");

    public string LogPosition => Path.Combine(Directory, "log.position");

    public string KernelLog => Path.Combine(Directory, "kernel.log");

    public string Scratch => Path.Combine(Directory, "scratch.img");

    /// <summary>What a daemon that finds the VM of a container's files needs to know to end it.</summary>
    public static string OfflineVm(string runtimeDirectory) => Path.Combine(runtimeDirectory, "offline.json");

    /// <summary>Short: a Unix socket's path has at most 107 bytes.</summary>
    public string RuntimeDirectory { get; } = Path.Combine(ContainerStore.VmsDirectory(options), id[..16]);
}
