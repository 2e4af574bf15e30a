using Microsoft.Extensions.Logging;
using MicroVm.Images.Archives;
using MicroVm.Images.Layers;
using MicroVm.Images.References;
using MicroVm.Images.Registry;

namespace MicroVm.Images.Store;

/// <summary>
/// Images in a directory of their own:
/// <code>
/// ROOT/configs, ROOT/manifests, ROOT/names.json, ROOT/builds.json   the images (<see cref="ImageCatalog"/>)
/// ROOT/leases                                     pulls that broke off (<see cref="LayerLeases"/>)
/// ROOT/partial/HEX                                the first bytes of their layers
/// </code>
/// Layers are in the layer store. One process has the directory open at a time.
/// </summary>
public sealed partial class ImageStore : IImageStore, IDisposable
{
    private readonly ImageCatalog _catalog;
    private readonly ILayerStore _layers;
    private readonly LayerLeases _leases;
    private readonly RegistryHttp _http;
    private readonly ImagePuller _puller;
    private readonly ImagePusher _pusher;
    private readonly ArchiveLoader _loader;
    private readonly ImageCommitter _committer;
    private readonly string _root;
    private readonly string _partialDirectory;
    private readonly Lock _removing = new();

    private ImageStore(string root, ILayerStore layers, RegistryOptions options, ILogger logger)
    {
        _root = root;
        _layers = layers;
        _partialDirectory = Path.Combine(root, "partial");
        _catalog = new(root, layers, logger);
        _leases = new(Path.Combine(root, "leases"), layers, _catalog.References);
        _http = new(options);
        _puller = new(_catalog, _leases, layers, _http, _partialDirectory, logger);
        _pusher = new(_catalog, layers, _http);
        _committer = new(_catalog, _leases, layers);
        _loader = new(_catalog, _leases, layers, options.MaxLayerSize);
        Directory.CreateDirectory(_partialDirectory);
        _leases.Expire();
        _leases.Sweep(layers.List());
        DeleteStrayPartials();
    }

    /// <summary>Opens or creates the store, and removes what a crash or an unfinished pull left over.</summary>
    /// <exception cref="ImageException">Corrupt: the store's files are not what was written. Storage: the directory can't be used.</exception>
    public static ImageStore Open(string root, ILayerStore layers, RegistryOptions options, ILogger logger) =>
        StorageError.Guard(root, () => new ImageStore(root, layers, options, logger));

    public StoredImage? Find(string nameOrId) =>
        ImageSearch.Find(_catalog, nameOrId) is { } image ? _catalog.Describe(image) : null;

    public IReadOnlyList<StoredImage> List() => _catalog.List();

    public long LayerSize(Digest diffId) => _catalog.LayerSize(diffId);

    /// <summary>The configuration blob, byte for byte; its SHA-256 is <paramref name="id"/>.</summary>
    public byte[] ReadConfig(Digest id) => _catalog.ReadConfig(id);

    public async Task<StoredImage> PullAsync(
        ImageReference reference, PullOptions options, IProgress<TransferProgress> progress, CancellationToken cancellationToken)
    {
        try
        {
            return await _puller.PullAsync(reference, options, progress, cancellationToken);
        }
        catch (IOException e)
        {
            throw StorageError.From(e, _root);
        }
        finally
        {
            DeleteStrayPartials();
        }
    }

    public Task LoginAsync(string server, RegistryCredentials credentials, CancellationToken cancellationToken) =>
        new RegistryLogin(_http).CheckAsync(server, credentials, cancellationToken);

    public async Task<PushedImage> PushAsync(
        ImageReference reference, RegistryCredentials? credentials, IProgress<TransferProgress> progress, CancellationToken cancellationToken)
    {
        ImageRecord image = _catalog.Find(reference) is { } id && _catalog.Get(id) is { } found ? found : throw new ImageException(
            ImageErrorKind.NotFound, $"An image does not exist locally with the tag: {reference.FamiliarName}");
        progress.Report(new(null, $"The push refers to repository [{reference.Name}]"));
        return await _pusher.PushAsync(reference, image, credentials, progress, cancellationToken);
    }

    public ImageExport Export(IReadOnlyList<string> names) => new(SavedImage.Of(_catalog, names), new(_catalog, _layers));

    public async Task<IReadOnlyList<LoadedImage>> LoadAsync(
        Stream archive, IProgress<TransferProgress> progress, CancellationToken cancellationToken)
    {
        try
        {
            return await _loader.LoadAsync(archive, progress, cancellationToken);
        }
        catch (IOException e)
        {
            throw StorageError.From(e, _root);
        }
    }

    public Task<StoredImage> CommitAsync(ImageCommit commit, Stream? layer, CancellationToken cancellationToken) =>
        _committer.CommitAsync(commit, layer, cancellationToken);

    public Task TagAsync(string nameOrId, ImageReference target, CancellationToken cancellationToken)
    {
        if (target.Digest is not null)
        {
            throw new ImageException(ImageErrorKind.Invalid, "refusing to create a tag with a digest reference");
        }

        lock (_removing)
        {
            ImageRecord image = ImageSearch.Find(_catalog, nameOrId) ?? throw ImageSearch.NotFound(nameOrId);
            StorageError.Guard(_root, () => _catalog.SetName(target, image.Id));
        }

        return Task.CompletedTask;
    }

    public IReadOnlyList<RemovedImage> Remove(string nameOrId, bool force, Func<Digest, IReadOnlyList<ImageUser>> users)
    {
        lock (_removing)
        {
            return StorageError.Guard(_root, () => new ImageRemoval(_catalog, _leases, users, _holds).Remove(nameOrId, force));
        }
    }

    public void Dispose() => _http.Dispose();

    private void DeleteStrayPartials()
    {
        IReadOnlySet<Digest> wanted = _leases.Blobs;
        foreach (string file in Directory.EnumerateFiles(_partialDirectory))
        {
            if (!Digest.TryParse(Digest.Prefix + Path.GetFileName(file), out Digest blob) || !wanted.Contains(blob))
            {
                File.Delete(file);
            }
        }
    }
}
