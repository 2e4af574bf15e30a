using MicroVm.Engine.Guest;

namespace MicroVm.Engine.Files;

/// <summary>Tools on a container's file system, for as long as this is not disposed.</summary>
/// <param name="tools">Of the VM that has it.</param>
/// <param name="release">What is to be done at the end; null: nothing.</param>
internal sealed class FileLease(GuestTools tools, Func<Task>? release = null) : IAsyncDisposable
{
    private Func<Task>? _release = release;

    public GuestTools Tools => tools;

    /// <summary>The container's processes are there; else its VM has its files alone.</summary>
    public bool IsLive { get; private init; } = true;

    /// <param name="visits">Entered.</param>
    public static FileLease Of(Visits visits, GuestTools tools) => new(tools, () =>
    {
        visits.Leave();
        return Task.CompletedTask;
    })
    {
        IsLive = false,
    };

    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _release, null) is { } release)
        {
            await release().ConfigureAwait(false);
        }
    }
}
