namespace MicroVm.Images.Registry;

/// <summary>One request of a registry.</summary>
/// <param name="Path">Below <c>/v2/REPOSITORY/</c>: <c>manifests/latest</c>, <c>blobs/sha256:…</c>; unused where an address is given.</param>
internal sealed record RegistryRequest(HttpMethod Method, string Path)
{
    public IReadOnlyList<string> Accept { get; init; } = [];

    /// <summary>The first byte wanted.</summary>
    public long Offset { get; init; }

    /// <summary>
    /// Makes the body, once for each time that the request is sent; it calls what it is given whenever it has got further. Null: no
    /// body.
    /// </summary>
    public Func<Action, HttpContent>? Content { get; init; }

    /// <summary>A redirect means the same request elsewhere.</summary>
    public bool MayBeRedirected => Content is null && (Method == HttpMethod.Get || Method == HttpMethod.Head);
}
