using MicroVm.Api.Events;
using MicroVm.Engine.Events;

namespace MicroVm.Daemon.Endpoints;

/// <summary>Events as Docker writes them.</summary>
internal static class EventDocuments
{
    /// <summary>All are of this daemon; <c>swarm</c> would be those of a cluster.</summary>
    public const string Scope = "local";

    public static EventMessage Of(EngineEvent told)
    {
        bool isContainer = told.Type == EventTypes.Container;
        bool isLegacy = isContainer || told.Type == EventTypes.Image;
        return new()
        {
            Status = isLegacy ? told.Action : null,
            Id = isLegacy ? told.ActorId : null,
            From = isContainer ? told.Attributes.GetValueOrDefault("image") : null,
            Type = told.Type,
            Action = told.Action,
            Actor = new(told.ActorId, told.Attributes),
            Scope = Scope,
            Time = told.Time.ToUnixTimeSeconds(),
            TimeNano = (told.Time.UtcTicks - DateTimeOffset.UnixEpoch.UtcTicks) * TimeSpan.NanosecondsPerTick,
        };
    }
}
