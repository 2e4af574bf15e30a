namespace MicroVm.Engine.Volumes;

/// <summary>
/// Volumes by their names. Methods throw <see cref="EngineException"/> (NotFound) for one that is not there.
/// </summary>
public interface IVolumeService
{
    /// <summary>The volume of this name, made if there is none. Invalid: a name, driver or option that can't be.</summary>
    Volume Create(VolumeRequest request);

    Volume Inspect(string name);

    /// <summary>By name.</summary>
    IReadOnlyList<Volume> List();

    /// <summary>The ids of the containers that have it, running or not.</summary>
    IReadOnlyList<string> UsersOf(string name);

    /// <summary>Bytes of its files; 0 for one whose files are not the daemon's.</summary>
    Task<long> SizeAsync(string name, CancellationToken cancellationToken);

    /// <summary>Conflict: a container has it. With <paramref name="force"/> one that is not there is no error.</summary>
    Task RemoveAsync(string name, bool force, CancellationToken cancellationToken);
}
