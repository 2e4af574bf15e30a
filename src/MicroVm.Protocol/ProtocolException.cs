namespace MicroVm.Protocol;

/// <summary>The peer broke the protocol: the connection can't be used any more, and neither can the peer.</summary>
public sealed class ProtocolException : Exception
{
    public ProtocolException()
    {
    }

    public ProtocolException(string message)
        : base(message)
    {
    }

    public ProtocolException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
