using MicroVm.Protocol.Messages;

namespace MicroVm.Protocol.Connection;

/// <summary>The guest refused one request; the connection goes on.</summary>
public sealed class RequestFailedException : Exception
{
    public RequestFailedException()
    {
    }

    public RequestFailedException(string message)
        : base(message)
    {
    }

    public RequestFailedException(string message, Exception innerException)
        : base(message, innerException)
    {
    }

    public RequestFailedException(Failure failure)
        : base(failure.Message) => Failure = failure;

    public Failure? Failure { get; }
}
