using MicroVm.Images.Layers;

namespace MicroVm.Images.Store;

/// <summary><c>docker commit</c> and the steps of builds: an image, and a layer on top of it or none, become an image.</summary>
internal sealed class ImageCommitter(ImageCatalog catalog, LayerLeases leases, ILayerStore layers)
{
    // The two zero blocks that end a tar with nothing in it.
    private const long EmptyTarSize = 1024;

    public async Task<StoredImage> CommitAsync(ImageCommit commit, Stream? tar, CancellationToken cancellationToken)
    {
        using IDisposable lease = leases.BeginLoad();
        LayerInfo? layer = tar is null ? null : await layers.AddAsync(tar, expected: null, cancellationToken);
        try
        {
            return Commit(commit, layer is { TarSize: > EmptyTarSize } ? layer.DiffId : commit.Layer);
        }
        finally
        {
            // When nothing came of it.
            leases.Sweep(layer is null ? [] : [layer.DiffId]);
        }
    }

    private StoredImage Commit(ImageCommit commit, Digest? layer)
    {
        ImageRecord? parent = commit.Parent is { } id ? catalog.Get(id) ?? throw ImageSearch.NotFound(id.ToString()) : null;
        IReadOnlyList<Digest> below = parent?.DiffIds ?? [];
        IReadOnlyList<Digest> diffIds = layer is null ? below : [.. below, layer.Value];
        ImageConfig config = commit.Config with { History = [.. parent?.Config.History ?? [], commit.Step with { EmptyLayer = layer is null }] };
        byte[] blob = ImageConfigWriter.Write(config, diffIds);
        ImageRecord image = catalog.Compose(Digest.Of(blob), ImageConfigReader.Parse(blob));
        return catalog.Commit(image, blob, [], commit.Name is { } name ? [name] : [], commit.BuildKey is { } key ? new(commit.Parent, key) : null);
    }
}
