namespace MicroVm.Engine.Events;

/// <summary>Something that happened to an object (https://docs.docker.com/reference/cli/docker/system/events/).</summary>
/// <param name="Type">One of <see cref="EventTypes"/>.</param>
/// <param name="Action">Docker's word, such as <c>start</c>, <c>die</c>, <c>exec_create: sh</c>.</param>
/// <param name="ActorId">The object's id; of an image its name where it was named.</param>
/// <param name="Time">UTC; later events never have earlier times.</param>
public sealed record EngineEvent(
    string Type, string Action, string ActorId, IReadOnlyDictionary<string, string> Attributes, DateTimeOffset Time);

/// <summary>The kinds of objects that events are about.</summary>
public static class EventTypes
{
    public const string Container = "container";
    public const string Image = "image";
    public const string Network = "network";
    public const string Volume = "volume";
}
