using MicroVm.Images.Layers;

namespace MicroVm.Images.Store;

/// <summary>What builds need of the store.</summary>
public sealed partial class ImageStore
{
    private readonly ImageHolds _holds = new();

    public StoredImage? FindBuilt(BuildOrigin origin) => _catalog.Builds.Find(origin)
        .Select(_catalog.Get).OfType<ImageRecord>().OrderByDescending(image => image.Config.Created, StringComparer.Ordinal)
        .Select(_catalog.Describe).FirstOrDefault();

    public IDisposable Hold(Digest image) => _holds.Hold(image);

    public void ForgetBuilds()
    {
        lock (_removing)
        {
            StorageError.Guard(_root, _catalog.ForgetBuilds);
        }
    }
}
