namespace MicroVm.Protocol.Messages;

/// <summary>Which end may send a message.</summary>
public enum Direction
{
    HostToGuest,
    GuestToHost,
    Both,
}

/// <summary>
/// Marks a record as a wire message. On the wire a message is one MessagePack array:
/// <c>[type, id, field 0, field 1, …]</c>. <c>id</c> pairs a request with its reply; 0 where there is none.
/// </summary>
[AttributeUsage(AttributeTargets.Class)]
public sealed class MessageAttribute(byte type, Direction direction) : Attribute
{
    public byte Type { get; } = type;

    public Direction Direction { get; } = direction;
}

/// <summary>A wire message.</summary>
public interface IMessage;

/// <summary>A message that is answered, with the same id, by a <typeparamref name="TReply"/> or a Failure.</summary>
public interface IRequest<TReply> : IMessage
    where TReply : IMessage;

/// <summary>A nested record: an array of its fields on the wire, without type and id.</summary>
[AttributeUsage(AttributeTargets.Class)]
public sealed class StructAttribute : Attribute;

/// <summary>The field's position in its array (0-based, no gaps). Positions are never reused.</summary>
[AttributeUsage(AttributeTargets.Property | AttributeTargets.Parameter)]
public sealed class KeyAttribute(int index) : Attribute
{
    public int Index { get; } = index;
}

/// <summary>Largest length of a string or binary (bytes) or of an array (elements). Both ends refuse more.</summary>
[AttributeUsage(AttributeTargets.Property | AttributeTargets.Parameter)]
public sealed class LimitAttribute(int max) : Attribute
{
    public int Max { get; } = max;

    /// <summary>Bound on each element, where the field is an array of strings (bytes).</summary>
    public int Element { get; init; }
}
