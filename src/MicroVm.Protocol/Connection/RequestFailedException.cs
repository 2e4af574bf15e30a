using MicroVm.Protocol.Messages;

namespace MicroVm.Protocol.Connection;

/// <summary>
/// One request failed: the guest refused it, or it could not be sent. The connection goes on. The message is one line
/// without control characters.
/// </summary>
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
        : base(GuestText.OneLine(failure.Message)) => Failure = failure;

    /// <summary>As the guest sent it; also made here, where the request could not be sent.</summary>
    public Failure? Failure { get; }
}
