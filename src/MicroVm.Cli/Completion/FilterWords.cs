namespace MicroVm.Cli.Completion;

/// <summary><c>--filter KEY=VALUE</c>: the keys that a list knows, then the values of a key that has few.</summary>
internal static class FilterWords
{
    private static readonly string[] s_boolean = ["true", "false"];

    internal static Candidates For(string command, string value)
    {
        int equals = value.IndexOf('=', StringComparison.Ordinal);
        if (equals >= 0)
        {
            return Candidates.Of(Values(value[..equals])).WithPrefix(value[..(equals + 1)]);
        }

        Candidates keys = Candidates.Of([.. Array.ConvertAll(Keys(command), key => key + "=")]);
        keys.NoSpace = true;
        return keys;
    }

    private static string[] Keys(string command) => command switch
    {
        "ps" => ["ancestor", "before", "exited", "expose", "health", "id", "label", "name", "network", "publish", "since", "status", "volume"],
        "images" => ["before", "dangling", "label", "reference", "since"],
        "events" => ["container", "daemon", "event", "image", "label", "network", "scope", "type", "volume"],
        "network ls" => ["dangling", "driver", "id", "label", "name", "scope", "type"],
        "volume ls" => ["dangling", "driver", "label", "name"],
        "volume prune" => ["all", "label"],
        "container prune" or "network prune" => ["label", "until"],
        "image prune" or "system prune" => ["dangling", "label", "until"],
        _ => [],
    };

    private static string[] Values(string key) => key switch
    {
        "status" => ["created", "running", "paused", "restarting", "removing", "exited", "dead"],
        "health" => ["none", "starting", "healthy", "unhealthy"],
        "dangling" or "all" => s_boolean,
        "driver" => ["local", "bridge"],
        "network" => ["none", "default", "bridge"],
        "type" => ["container", "image", "network", "volume", "daemon"],
        "event" => ["attach", "commit", "copy", "create", "destroy", "detach", "die", "exec_create", "exec_detach", "exec_die", "exec_start",
            "export", "health_status", "kill", "oom", "pause", "rename", "resize", "restart", "start", "stop", "top", "unpause", "update"],
        _ => [],
    };
}
