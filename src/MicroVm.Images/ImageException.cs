namespace MicroVm.Images;

/// <summary>What went wrong with an image; the daemon maps it to an HTTP status in one place.</summary>
public enum ImageErrorKind
{
    /// <summary>No such image, tag, or repository (404).</summary>
    NotFound,

    /// <summary>The name, the archive, or the layer is malformed (400).</summary>
    Invalid,

    /// <summary>Digest, size or diff_id does not match (500).</summary>
    Corrupt,

    /// <summary>Registry says no (401/403).</summary>
    Denied,

    /// <summary>Registry unreachable or failing (500).</summary>
    Unavailable,

    /// <summary>The image is in use (409).</summary>
    Conflict,

    /// <summary>The host's disk is full or failing (500).</summary>
    Storage,
}

/// <summary>An image could not be had; the message is one line for the user.</summary>
public sealed class ImageException : Exception
{
    public ImageException()
    {
    }

    public ImageException(string message)
        : base(message)
    {
    }

    public ImageException(string message, Exception innerException)
        : base(message, innerException)
    {
    }

    public ImageException(ImageErrorKind kind, string message, Exception? innerException = null)
        : base(message, innerException) => Kind = kind;

    public ImageErrorKind Kind { get; }
}
