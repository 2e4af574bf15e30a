using MicroVm.Images.Layers;

namespace MicroVm.Images.Store;

/// <summary><c>docker commit</c>: a layer on top of an image becomes an image.</summary>
internal sealed class ImageCommitter(ImageCatalog catalog, LayerLeases leases, ILayerStore layers)
{
    // The two zero blocks that end a tar with nothing in it.
    private const long EmptyTarSize = 1024;

    public async Task<StoredImage> CommitAsync(ImageCommit commit, Stream tar, CancellationToken cancellationToken)
    {
        using IDisposable lease = leases.BeginLoad();
        LayerInfo layer = await layers.AddAsync(tar, expected: null, cancellationToken);
        try
        {
            ImageRecord parent = catalog.Get(commit.Parent) ?? throw ImageSearch.NotFound(commit.Parent.ToString());
            bool isEmpty = layer.TarSize <= EmptyTarSize;
            IReadOnlyList<Digest> diffIds = isEmpty ? parent.DiffIds : [.. parent.DiffIds, layer.DiffId];
            ImageConfig config = commit.Config with { History = [.. parent.Config.History, commit.Step with { EmptyLayer = isEmpty }] };
            byte[] blob = ImageConfigWriter.Write(config, diffIds);
            ImageRecord image = catalog.Compose(Digest.Of(blob), ImageConfigReader.Parse(blob));
            return catalog.Commit(image, blob, [], commit.Name is { } name ? [name] : []);
        }
        finally
        {
            // When nothing came of it.
            leases.Sweep([layer.DiffId]);
        }
    }
}
