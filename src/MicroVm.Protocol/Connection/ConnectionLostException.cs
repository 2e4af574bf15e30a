namespace MicroVm.Protocol.Connection;

/// <summary>The connection has ended; a new one resumes every stream where it was.</summary>
public sealed class ConnectionLostException : IOException
{
    public ConnectionLostException()
    {
    }

    public ConnectionLostException(string message)
        : base(message)
    {
    }

    public ConnectionLostException(string message, Exception? innerException)
        : base(message, innerException)
    {
    }
}
