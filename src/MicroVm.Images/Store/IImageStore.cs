using MicroVm.Images.Archives;
using MicroVm.Images.References;
using MicroVm.Images.Registry;

namespace MicroVm.Images.Store;

/// <summary>Images by id (digest of the configuration blob) and by name.</summary>
public interface IImageStore
{
    /// <summary>
    /// Finds by reference (short or full), <c>name@digest</c>, id, or unambiguous id prefix; null when there is none.
    /// </summary>
    StoredImage? Find(string nameOrId);

    IReadOnlyList<StoredImage> List();

    /// <summary>Bytes of content of a layer that images name; 0 when it has just gone with the last of them.</summary>
    long LayerSize(Digest diffId);

    /// <summary>Pulls from the registry (or a mirror), verifies, stores, tags.</summary>
    Task<StoredImage> PullAsync(
        ImageReference reference, PullOptions options, IProgress<TransferProgress> progress, CancellationToken cancellationToken);

    /// <summary>
    /// Loads a docker-archive or OCI layout (a tar, compressed or not) in one pass. Returns the images with the names
    /// they were given.
    /// </summary>
    Task<IReadOnlyList<LoadedImage>> LoadAsync(
        Stream archive, IProgress<TransferProgress> progress, CancellationToken cancellationToken);

    /// <summary>Asks a registry whether it takes these credentials.</summary>
    /// <param name="server">As Docker's clients name it; empty: docker.io.</param>
    /// <exception cref="ImageException">Denied: it does not. Unavailable, Invalid: it can't be asked.</exception>
    Task LoginAsync(string server, RegistryCredentials credentials, CancellationToken cancellationToken);

    /// <summary>Pushes what a name with a tag means to its registry.</summary>
    /// <exception cref="ImageException">NotFound: no image has that name. Denied, Unavailable: the registry's own.</exception>
    Task<PushedImage> PushAsync(
        ImageReference reference, RegistryCredentials? credentials, IProgress<TransferProgress> progress, CancellationToken cancellationToken);

    /// <summary>Images for an archive (docker save): each name is an id, a tag, or a repository, which means all its tags.</summary>
    /// <exception cref="ImageException">NotFound: one names nothing.</exception>
    ImageExport Export(IReadOnlyList<string> names);

    /// <summary>
    /// Stores the layer that <paramref name="layer"/> streams, an uncompressed tar with whiteouts, and the image that it makes
    /// with its parent's. Without a change no layer is added.
    /// </summary>
    /// <param name="layer">Null: only the configuration changes.</param>
    Task<StoredImage> CommitAsync(ImageCommit commit, Stream? layer, CancellationToken cancellationToken);

    /// <summary>The newest image that a build step has made in just that way; null: none, or it was removed.</summary>
    StoredImage? FindBuilt(BuildOrigin origin);

    /// <summary>Keeps an image and its layers, whatever loses its names, until it is disposed of.</summary>
    IDisposable Hold(Digest image);

    /// <summary>Empties the cache of builds: no image is a step towards another any more.</summary>
    void ForgetBuilds();

    /// <summary>Gives an image one more name; a name that another image had moves over.</summary>
    Task TagAsync(string nameOrId, ImageReference target, CancellationToken cancellationToken);

    /// <summary>
    /// Removes a name, and the image with its unshared layers when it was the last name and
    /// <paramref name="users"/> names no container that needs it.
    /// </summary>
    /// <param name="users">The containers made from an image.</param>
    IReadOnlyList<RemovedImage> Remove(string nameOrId, bool force, Func<Digest, IReadOnlyList<ImageUser>> users);
}

/// <summary>A container that was made from an image.</summary>
public sealed record ImageUser(string ContainerId, bool IsRunning);

/// <summary>An image that is there, whole.</summary>
public sealed record StoredImage
{
    /// <summary>Digest of the configuration blob: Docker's image id.</summary>
    public required Digest Id { get; init; }

    /// <summary>Familiar names with tag: <c>python:3.11-slim</c>.</summary>
    public required IReadOnlyList<string> RepoTags { get; init; }

    /// <summary>Familiar names with manifest digest: <c>python@sha256:…</c>.</summary>
    public required IReadOnlyList<string> RepoDigests { get; init; }

    public required ImageConfig Config { get; init; }

    /// <summary>Uncompressed layers, lowest first.</summary>
    public required IReadOnlyList<Digest> DiffIds { get; init; }

    /// <summary>Sum of the layers' content, bytes.</summary>
    public required long Size { get; init; }

    /// <summary>What a build made it of; null: no build on this host made it, or it was made of nothing.</summary>
    public Digest? Parent { get; init; }

    /// <summary>A build made it, here.</summary>
    public bool IsBuilt { get; init; }

    /// <summary>Builds made others of it. Without a name it is a step on their way.</summary>
    public bool HasChildren { get; init; }
}

/// <param name="Name">The name it was tagged with, or null (an archive without names).</param>
public sealed record LoadedImage(StoredImage Image, string? Name);

public sealed record RemovedImage(string? Untagged, string? Deleted);

/// <param name="Platform">os/arch[/variant]; null: linux/amd64.</param>
/// <param name="Credentials">From X-Registry-Auth; null: anonymous.</param>
public sealed record PullOptions(string? Platform = null, RegistryCredentials? Credentials = null);

public sealed record RegistryCredentials(string? Username, string? Password, string? IdentityToken);

/// <summary>One line of Docker's progress stream.</summary>
/// <param name="Id">Short layer id, or null for a line on the whole.</param>
/// <param name="Status">Docker's words: "Pulling fs layer", "Downloading", "Pull complete" …</param>
public sealed record TransferProgress(string? Id, string Status, long Current = 0, long Total = 0);
