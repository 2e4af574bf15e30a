namespace MicroVm.Networks;

/// <summary>The host's network could not be made as it should be; the message is one line for the user.</summary>
public sealed class NetworkException : Exception
{
    public NetworkException()
    {
    }

    public NetworkException(string message)
        : base(message)
    {
    }

    public NetworkException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
