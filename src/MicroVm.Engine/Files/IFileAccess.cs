using MicroVm.Engine.Containers;

namespace MicroVm.Engine.Files;

/// <summary>Where a container's file system can be reached now.</summary>
internal interface IFileAccess
{
    ContainerSnapshot Find(string container);

    /// <summary>
    /// Waits for a start or an end that is under way; starts a VM where none runs, and has the processors of a paused one run meanwhile.
    /// </summary>
    /// <exception cref="EngineException">NotFound, or Conflict: being removed, or paused by a guest that does not hold its processes still.</exception>
    Task<FileLease> AcquireAsync(string container, CancellationToken cancellationToken);
}
