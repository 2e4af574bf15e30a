using MicroVm.Engine.Guest;

namespace MicroVm.Engine.Files;

/// <summary>Tools on a container's file system, for as long as this is not disposed.</summary>
/// <param name="vm">The VM that was started for it; null: the container's own.</param>
internal sealed class FileLease(GuestTools tools, OfflineVm? vm) : IAsyncDisposable
{
    public GuestTools Tools => tools;

    /// <summary>The container's own VM, with its processes.</summary>
    public bool IsLive => vm is null;

    public ValueTask DisposeAsync()
    {
        vm?.Leave();
        return ValueTask.CompletedTask;
    }
}
