using MicroVm.Protocol.Messages;

namespace MicroVm.Engine.Guest;

/// <summary>The guest agent answered a request with a failure.</summary>
internal sealed class GuestFailureException(Failure failure) : Exception(OneLine.Of(failure.Message))
{
    public Failure Failure { get; } = failure;
}
