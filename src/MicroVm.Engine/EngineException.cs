namespace MicroVm.Engine;

/// <summary>What a caller can do about it; the daemon maps each to one HTTP status.</summary>
public enum EngineErrorKind
{
    Internal,
    Invalid,
    NotFound,
    Conflict,

    /// <summary>Never allowed, or not while others depend on it (403).</summary>
    Forbidden,

    /// <summary>Already so: start of a running container (304).</summary>
    NotModified,
}

/// <summary>An operation failed; the message is one line, in Docker's words where clients read them.</summary>
public sealed class EngineException : Exception
{
    public EngineException()
    {
    }

    public EngineException(string message)
        : base(message)
    {
    }

    public EngineException(string message, Exception innerException)
        : base(message, innerException)
    {
    }

    public EngineException(EngineErrorKind kind, string message, Exception? innerException = null)
        : base(message, innerException) => Kind = kind;

    public EngineErrorKind Kind { get; }
}
