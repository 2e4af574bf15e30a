using MicroVm.Engine;
using MicroVm.Engine.Containers;
using MicroVm.Images.Store;

namespace MicroVm.Daemon.Endpoints;

/// <summary>Bytes that containers take: of their own, as far as they have reached the host, and with their image.</summary>
internal sealed class ContainerSizes(IContainerService containers, IImageStore images)
{
    public (long Writable, long All) Of(ContainerSnapshot container)
    {
        long writable = WritableOf(container.Id);
        return (writable, writable + (images.Find(container.ImageId.ToString())?.Size ?? 0));
    }

    private long WritableOf(string container)
    {
        try
        {
            return containers.DiskUsage(container);
        }
        catch (EngineException)
        {
            // Removed since the list was made.
            return 0;
        }
    }
}
