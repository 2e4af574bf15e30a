namespace MicroVm.Daemon.Http;

/// <summary>Bounds on what one client can make the server keep or wait for.</summary>
internal sealed record HttpLimits
{
    /// <summary>Bytes. Compose puts long label filters into the query.</summary>
    public int MaxRequestLine { get; init; } = 64 * 1024;

    /// <summary>Bytes of all header lines together.</summary>
    public int MaxHeaders { get; init; } = 64 * 1024;

    public int MaxHeaderCount { get; init; } = 100;

    /// <summary>From a request's first byte to the end of its headers.</summary>
    public TimeSpan HeadTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Between two requests of a connection.</summary>
    public TimeSpan IdleTimeout { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>For the client to take the end of a response and close, when the connection can't be used again.</summary>
    public TimeSpan LingerTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>For handlers to notice that their request was aborted when the server stops.</summary>
    public TimeSpan AbortTimeout { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Bytes of an unread request body that are skipped to keep the connection; more closes it.</summary>
    public int MaxDrain { get; init; } = 256 * 1024;

    public int MaxConnections { get; init; } = 4096;
}
