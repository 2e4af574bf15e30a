using System.Text.Json;
using MicroVm.Engine.Mounts;
using MicroVm.Engine.Persistence;
using MicroVm.Interop.Posix;

namespace MicroVm.Engine.Volumes;

/// <summary>
/// Volumes on disk: a directory each, with a record and the files. One appears and disappears by one rename, so that a crash
/// leaves it whole or not at all.
/// </summary>
internal sealed class VolumeStore
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    // No volume's name begins with a dot.
    private const string Unfinished = ".new-";
    private const string Removed = ".old-";
    private readonly string _directory;

    public VolumeStore(string root)
    {
        _directory = Path.Combine(root, "volumes");
        Directory.CreateDirectory(_directory, OwnerOnly);
    }

    public string DataOf(string name) => Path.Combine(_directory, name, "_data");

    /// <exception cref="IOException">It can't be kept.</exception>
    public void Add(Volume volume)
    {
        string building = Path.Combine(_directory, Unfinished + Guid.NewGuid().ToString("N"));
        Directory.CreateDirectory(building, OwnerOnly);
        SharedDirectory.Create(Path.Combine(building, "_data"));
        using (FileStream file = File.Create(Path.Combine(building, "volume.json")))
        {
            JsonSerializer.Serialize(file, volume, EngineJson.Default.Volume);
            file.Flush(flushToDisk: true);
        }

        Directory.Move(building, Path.Combine(_directory, volume.Name));
        DirectorySync.Sync(_directory);
    }

    /// <summary>Gone at once; its files are deleted in the returned task.</summary>
    public Task RemoveAsync(string name)
    {
        string removed = Path.Combine(_directory, Removed + Guid.NewGuid().ToString("N"));
        Directory.Move(Path.Combine(_directory, name), removed);
        return DirectoryTree.DeleteAsync(removed);
    }

    /// <summary>Every volume; what a crash has left of others is deleted. One that can't be read is left alone and reported.</summary>
    public IEnumerable<Volume> LoadAll(Action<string> onUnreadable)
    {
        foreach (string directory in Directory.GetDirectories(_directory))
        {
            string name = Path.GetFileName(directory);
            if (name.StartsWith(Unfinished, StringComparison.Ordinal) || name.StartsWith(Removed, StringComparison.Ordinal))
            {
                _ = DirectoryTree.DeleteAsync(directory);
            }
            else if (TryLoad(Path.Combine(directory, "volume.json"), onUnreadable) is { } volume && volume.Name == name)
            {
                yield return volume with { Mountpoint = DataOf(name) };
            }
        }
    }

    private static Volume? TryLoad(string path, Action<string> onUnreadable)
    {
        try
        {
            using FileStream file = File.OpenRead(path);
            return JsonSerializer.Deserialize(file, EngineJson.Default.Volume);
        }
        catch (Exception e) when (e is IOException or JsonException or UnauthorizedAccessException)
        {
            onUnreadable($"{path}: {OneLine.Of(e.Message, 200)}");
            return null;
        }
    }
}
