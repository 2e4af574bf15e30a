namespace MicroVm.Api;

/// <summary>Content types that clients compare byte for byte.</summary>
public static class MediaTypes
{
    /// <summary>Without a charset: Docker's client prints an error body raw when there is one.</summary>
    public const string Json = "application/json";

    /// <summary>Frames of <see cref="Streams.StreamFrame"/>: stdout and stderr apart.</summary>
    public const string MultiplexedStream = "application/vnd.docker.multiplexed-stream";

    /// <summary>Bytes as they are (a terminal).</summary>
    public const string RawStream = "application/vnd.docker.raw-stream";

    public const string Tar = "application/x-tar";
}
