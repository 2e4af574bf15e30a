namespace MicroVm.Hypervisor.Tests.Jail;

/// <summary>A file system that can't show its files with other owners (ramfs), on a directory of the test's.</summary>
internal sealed class MountedFileSystem : IDisposable
{
    private readonly string _place;

    private MountedFileSystem(string place) => _place = place;

    public static MountedFileSystem Create(string place)
    {
        Directory.CreateDirectory(place);
        IntruderProgram.Run("mount", "-t", "ramfs", "ramfs", place);
        return new(place);
    }

    public void Dispose() => IntruderProgram.Run("umount", _place);
}
