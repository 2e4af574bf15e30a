using MicroVm.Engine.Events;

namespace MicroVm.Daemon.Endpoints;

/// <summary>The filters of <c>GET /events</c>: values of one key are alternatives, all keys must hold.</summary>
internal sealed class EventFilter(Filters filters, string daemonName)
{
    public static readonly string[] Keys =
    [
        "config", "container", "daemon", "event", "image", "label", "network", "node", "plugin", "scope", "secret", "service", "type", "volume",
    ];

    // Their actions end with what is particular to the event: "exec_create: sh", "health_status: healthy".
    private static readonly string[] s_composed = ["exec_create", "exec_start", "health_status"];

    public bool Includes(EngineEvent candidate) =>
        filters.Any("event", action => IsAction(candidate.Action, action))
        && filters.Any("type", type => type == candidate.Type)
        && filters.Any("scope", scope => scope == EventDocuments.Scope)
        && filters.Any("daemon", daemon => daemon == daemonName)
        && filters.MatchesLabels(candidate.Attributes)
        && IsOf(candidate, EventTypes.Container)
        && IsOf(candidate, EventTypes.Network)
        && IsOf(candidate, EventTypes.Volume)
        && filters.Any("image", name => IsOfImage(candidate, name))
        && !filters.Has("config") && !filters.Has("node") && !filters.Has("plugin") && !filters.Has("secret") && !filters.Has("service");

    private static bool IsAction(string action, string wanted) =>
        action == wanted || (s_composed.Contains(wanted) && action.StartsWith(wanted + ":", StringComparison.Ordinal));

    /// <summary>By the beginning of the object's id or name, as in Docker.</summary>
    private bool IsOf(EngineEvent candidate, string type) => filters.Any(type, wanted =>
        candidate.Type == type
        && (candidate.ActorId.StartsWith(wanted, StringComparison.Ordinal)
            || candidate.Attributes.GetValueOrDefault("name", "").StartsWith(wanted, StringComparison.Ordinal)));

    /// <summary>The image's own events, and those of containers made from it; with or without the tag.</summary>
    private static bool IsOfImage(EngineEvent candidate, string wanted)
    {
        string name = candidate.Attributes.GetValueOrDefault(candidate.Type == EventTypes.Image ? "name" : "image", "");
        return candidate.ActorId == wanted || name == wanted || WithoutTag(name) == wanted;
    }

    private static string WithoutTag(string name)
    {
        int tag = name.IndexOf(':', name.LastIndexOf('/') + 1);
        return tag < 0 ? name : name[..tag];
    }
}
