using MicroVm.Cli.Builds;
using MicroVm.Cli.Containers;
using MicroVm.Cli.Http;

namespace MicroVm.Cli.Commands;

/// <summary>Every command. Only the one asked for is made, with its flags.</summary>
internal static class CommandTable
{
    internal static readonly CommandInfo[] All =
    [
        new("run", "IMAGE [COMMAND] [ARG...]", "Create and run a new container from an image", 1) { IsCommon = true },
        new("build", "PATH | URL | -", "Build an image from a Dockerfile", 1, 1) { IsCommon = true },
        new("exec", "CONTAINER COMMAND [ARG...]", "Execute a command in a running container", 2) { IsCommon = true },
        new("ps", "", "List containers", 0, 0) { IsCommon = true },
        new("pull", "NAME[:TAG|@DIGEST]", "Download an image from a registry", 1, 1) { IsCommon = true },
        new("images", "[REPOSITORY[:TAG]]", "List images", 0, 1) { IsCommon = true },
        new("version", "", "Show the version information", 0, 0) { IsCommon = true },
        new("info", "", "Display system-wide information", 0, 0) { IsCommon = true },
        new("attach", "CONTAINER", "Attach local standard input, output, and error streams to a running container", 1, 1),
        new("commit", "CONTAINER [REPOSITORY[:TAG]]", "Create a new image from a container's changes", 1, 2),
        new("completion", "bash|zsh|fish", "Print the script that completes mvm's command lines in a shell", 1, 1),
        new("cp", "CONTAINER:SRC_PATH DEST_PATH|- | SRC_PATH|- CONTAINER:DEST_PATH", "Copy files/folders between a container and the local filesystem", 2, 2),
        new("create", "IMAGE [COMMAND] [ARG...]", "Create a new container", 1),
        new("diff", "CONTAINER", "Inspect changes to files or directories on a container's filesystem", 1, 1),
        new("doctor", "", "Show what this host has for virtual machines, and how to mend what is missing", 0, 0),
        new("events", "", "Get real time events from the daemon", 0, 0),
        new("export", "CONTAINER", "Export a container's filesystem as a tar archive", 1, 1),
        new("history", "IMAGE", "Show the history of an image", 1, 1),
        new("inspect", "NAME|ID [NAME|ID...]", "Return low-level information on containers, images, networks and volumes", 1),
        new("kill", "CONTAINER [CONTAINER...]", "Kill one or more running containers", 1),
        new("load", "", "Load an image from a tar archive or STDIN", 0, 0),
        new("login", "[SERVER]", "Authenticate to a registry", 0, 1),
        new("logout", "[SERVER]", "Log out from a registry", 0, 1),
        new("logs", "CONTAINER", "Fetch the logs of a container", 1, 1),
        new("pause", "CONTAINER [CONTAINER...]", "Pause all processes within one or more containers", 1),
        new("port", "CONTAINER [PRIVATE_PORT[/PROTO]]", "List port mappings or a specific mapping for the container", 1, 2),
        new("push", "NAME[:TAG]", "Upload an image to a registry", 1, 1),
        new("rename", "CONTAINER NEW_NAME", "Rename a container", 2, 2),
        new("restart", "CONTAINER [CONTAINER...]", "Restart one or more containers", 1),
        new("rm", "CONTAINER [CONTAINER...]", "Remove one or more containers", 1),
        new("rmi", "IMAGE [IMAGE...]", "Remove one or more images", 1),
        new("save", "IMAGE [IMAGE...]", "Save one or more images to a tar archive", 1),
        new("start", "CONTAINER [CONTAINER...]", "Start one or more stopped containers", 1),
        new("stats", "[CONTAINER...]", "Display a live stream of container(s) resource usage statistics", 0),
        new("stop", "CONTAINER [CONTAINER...]", "Stop one or more running containers", 1),
        new("tag", "SOURCE_IMAGE[:TAG] TARGET_IMAGE[:TAG]", "Create a tag TARGET_IMAGE that refers to SOURCE_IMAGE", 2, 2),
        new("top", "CONTAINER [ps OPTIONS]", "Display the running processes of a container", 1),
        new("unpause", "CONTAINER [CONTAINER...]", "Unpause all processes within one or more containers", 1),
        new("update", "CONTAINER [CONTAINER...]", "Update configuration of one or more containers", 1),
        new("builder prune", "", "Remove build cache", 0, 0),
        new("container prune", "", "Remove all stopped containers", 0, 0),
        new("image prune", "", "Remove unused images", 0, 0),
        new("network connect", "NETWORK CONTAINER", "Connect a container to a network", 2, 2),
        new("network create", "NETWORK", "Create a network", 1, 1),
        new("network disconnect", "NETWORK CONTAINER", "Disconnect a container from a network", 2, 2),
        new("network inspect", "NETWORK [NETWORK...]", "Display detailed information on one or more networks", 1),
        new("network ls", "", "List networks", 0, 0),
        new("network prune", "", "Remove all unused networks", 0, 0),
        new("network rm", "NETWORK [NETWORK...]", "Remove one or more networks", 1),
        new("system df", "", "Show how much disk images, containers and volumes take", 0, 0),
        new("system prune", "", "Remove what is not used", 0, 0),
        new("volume create", "[VOLUME]", "Create a volume", 0, 1),
        new("volume inspect", "VOLUME [VOLUME...]", "Display detailed information on one or more volumes", 1),
        new("volume ls", "", "List volumes", 0, 0),
        new("volume prune", "", "Remove unused local volumes", 0, 0),
        new("volume rm", "VOLUME [VOLUME...]", "Remove one or more volumes", 1),
        new("wait", "CONTAINER [CONTAINER...]", "Block until one or more containers stop, then print their exit codes", 1),
    ];

    internal static readonly CommandGroup[] Groups =
    [
        new("builder", "Manage builds", ["build", "prune"]),
        new("container", "Manage containers",
        [
            "attach", "commit", "cp", "create", "diff", "exec", "export", "inspect", "kill", "list", "logs", "ls", "pause", "port", "prune", "ps", "remove",
            "rename", "restart", "rm", "run", "start", "stats", "stop", "top", "unpause", "update", "wait",
        ]),
        new("image", "Manage images", ["build", "history", "inspect", "list", "load", "ls", "prune", "pull", "push", "remove", "rm", "save", "tag"]),
        new("network", "Manage networks", ["connect", "create", "disconnect", "inspect", "list", "ls", "prune", "remove", "rm"]),
        new("system", "Manage mvm", ["df", "events", "info", "prune"]),
        new("volume", "Manage volumes", ["create", "inspect", "list", "ls", "prune", "remove", "rm"]),
    ];

    internal static CommandInfo? Find(string name)
    {
        foreach (CommandInfo info in All)
        {
            if (info.Name == name)
            {
                return info;
            }
        }

        return null;
    }

    internal static Command Create(CommandInfo info) => info.Name switch
    {
        "run" => new RunCommand(),
        "build" => new BuildCommand(),
        "builder prune" => new BuilderPruneCommand(),
        "ps" => new PsCommand(),
        "pull" => new PullCommand(),
        "images" => new ImagesCommand(),
        "top" => new TopCommand(),
        "update" => new UpdateCommand(),
        "container prune" => new PruneCommand(containers: true, images: false),
        "image prune" => new PruneCommand(containers: false, images: true),
        "system df" => new DiskUsageCommand(),
        "system prune" => new PruneCommand(containers: true, images: true),
        "network connect" => new NetworkConnectCommand(connects: true),
        "network create" => new NetworkCreateCommand(),
        "network disconnect" => new NetworkConnectCommand(connects: false),
        "network inspect" => new InspectCommand("network"),
        "network ls" => new NetworkListCommand(),
        "network prune" => new NetworkPruneCommand(),
        "network rm" => new NetworkRemoveCommand(),
        "version" => new VersionCommand(),
        "info" => new InfoCommand(),
        "attach" => new AttachCommand(),
        "commit" => new CommitCommand(),
        "completion" => new CompletionCommand(),
        "cp" => new CpCommand(),
        "create" => new CreateCommand(),
        "diff" => new DiffCommand(),
        "doctor" => new DoctorCommand(),
        "events" => new EventsCommand(),
        "export" => new DownloadCommand(operands => ContainerPaths.Of(operands[0], "export")),
        "exec" => new ExecCommand(),
        "history" => new HistoryCommand(),
        "inspect" => new InspectCommand(""),
        "kill" => new KillCommand(),
        "load" => new LoadCommand(),
        "login" => new LoginCommand(),
        "logout" => new LogoutCommand(),
        "logs" => new LogsCommand(),
        "port" => new PortCommand(),
        "push" => new PushCommand(),
        "rename" => new RenameCommand(),
        "rm" => new RmCommand(),
        "rmi" => new RmiCommand(),
        "save" => new DownloadCommand(operands => "/images/get?" + string.Join('&', operands.Select(name => "names=" + Percent.Encode(name)))),
        "start" => new StartCommand(),
        "stop" or "restart" => new StopCommand(info.Name),
        "pause" or "unpause" => new ContainerActionCommand(info.Name),
        "stats" => new StatsCommand(),
        "tag" => new TagCommand(),
        "volume create" => new VolumeCreateCommand(),
        "volume inspect" => new InspectCommand("volume"),
        "volume ls" => new VolumeListCommand(),
        "volume prune" => new VolumePruneCommand(),
        "volume rm" => new VolumeRemoveCommand(),
        "wait" => new WaitCommand(),
        _ => throw new ArgumentOutOfRangeException(nameof(info)),
    };

    /// <summary>Docker's long forms: <c>container ls</c> is <c>ps</c>. Null: not such a form.</summary>
    internal static string? ResolveLongForm(string group, string verb) =>
        HasVerb(group, verb) ? ShortForm(group, verb) : null;

    internal static bool IsGroup(string name) => Array.Exists(Groups, group => group.Name == name);

    private static bool HasVerb(string name, string verb) =>
        Array.Exists(Groups, group => group.Name == name && Array.IndexOf(group.Verbs, verb) >= 0);

    private static string ShortForm(string group, string verb) => (group, verb) switch
    {
        ("container", "ls" or "list") => "ps",
        ("container", "remove") => "rm",
        ("image", "ls" or "list") => "images",
        ("image", "rm" or "remove") => "rmi",
        ("network" or "volume", "list") => $"{group} ls",
        ("network" or "volume", "remove") => $"{group} rm",
        ("network" or "volume", _) or (_, "prune" or "df") => $"{group} {verb}",
        _ => verb,
    };
}
