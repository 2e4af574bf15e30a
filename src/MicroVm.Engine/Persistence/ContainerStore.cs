using System.Security.Cryptography;
using System.Text.Json;

namespace MicroVm.Engine.Persistence;

/// <summary>
/// Containers on disk. A record is replaced as a whole (temporary file, fsync, rename); a container disappears by one
/// rename into the trash, which is emptied at the next start if a crash came between.
/// </summary>
internal sealed class ContainerStore
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    private readonly EngineOptions _options;
    private readonly string _trash;

    public ContainerStore(EngineOptions options)
    {
        _options = options;
        _trash = Path.Combine(options.Root, "trash");
        foreach (string directory in (string[])[ContainersDirectory(options), _trash, VmsDirectory(options)])
        {
            Directory.CreateDirectory(directory, OwnerOnly);
        }
    }

    public static string ContainersDirectory(EngineOptions options) => Path.Combine(options.Root, "containers");

    public static string VmsDirectory(EngineOptions options) => Path.Combine(options.RunDirectory, "vms");

    public ContainerPaths PathsOf(string id) => new(_options, id);

    public ContainerPaths CreateDirectory(string id)
    {
        ContainerPaths paths = PathsOf(id);
        Directory.CreateDirectory(paths.Directory, OwnerOnly);
        return paths;
    }

    /// <param name="durable">
    /// False where losing it with the host's power does no harm (the file survives the daemon's death either way).
    /// </param>
    public static void Save(ContainerPaths paths, ContainerRecord record, bool durable) =>
        JsonFile.Save(paths.Record, record, EngineJson.Default.ContainerRecord, durable);

    /// <summary>
    /// Every whole record; a directory without one (a create that a crash cut short) goes to the trash. One that can't
    /// be read is left alone and reported.
    /// </summary>
    public IEnumerable<ContainerRecord> LoadAll(Action<EngineException> onUnreadable)
    {
        foreach (string directory in Directory.GetDirectories(ContainersDirectory(_options)))
        {
            string id = Path.GetFileName(directory);
            if (!IsId(id) || !File.Exists(PathsOf(id).Record))
            {
                Discard(directory, id);
            }
            else if (TryLoad(PathsOf(id).Record, onUnreadable) is { } record)
            {
                yield return record;
            }
        }
    }

    /// <summary>Makes the container's directory disappear at once, then frees its space.</summary>
    public void Delete(string id)
    {
        ContainerPaths paths = PathsOf(id);
        DeleteTree(paths.RuntimeDirectory);
        if (Directory.Exists(paths.Directory))
        {
            Discard(paths.Directory, id);
        }
    }

    public void EmptyTrash()
    {
        foreach (string directory in Directory.GetDirectories(_trash))
        {
            DeleteTree(directory);
        }
    }

    /// <summary>Run-time directories whose VM nobody knows.</summary>
    public void DeleteStrayRuntimeDirectories(IEnumerable<string> known)
    {
        foreach (string directory in Directory.GetDirectories(VmsDirectory(_options)).Except(known))
        {
            DeleteTree(directory);
        }
    }

    public static void DeleteTree(string directory)
    {
        try
        {
            Directory.Delete(directory, recursive: true);
        }
        catch (DirectoryNotFoundException)
        {
            // Gone already.
        }
    }

    public IReadOnlyList<string> RuntimeDirectories() => Directory.GetDirectories(VmsDirectory(_options));

    /// <summary>For a VM that is not a container's own.</summary>
    public string NewRuntimeDirectory()
    {
        string directory = Path.Combine(VmsDirectory(_options), Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8)));
        Directory.CreateDirectory(directory, OwnerOnly);
        return directory;
    }

    public static void MakeRuntimeDirectory(ContainerPaths paths)
    {
        DeleteTree(paths.RuntimeDirectory);
        Directory.CreateDirectory(paths.RuntimeDirectory, OwnerOnly);
    }

    private static bool IsId(string name) => name.Length == 64 && name.All(char.IsAsciiHexDigitLower);

    private static ContainerRecord? TryLoad(string path, Action<EngineException> onUnreadable)
    {
        try
        {
            return Load(path);
        }
        catch (EngineException e)
        {
            onUnreadable(e);
            return null;
        }
    }

    private static ContainerRecord Load(string path)
    {
        try
        {
            using FileStream file = File.OpenRead(path);
            ContainerRecord? record = JsonSerializer.Deserialize(file, EngineJson.Default.ContainerRecord);
            return record is { Version: ContainerRecord.CurrentVersion }
                ? record
                : throw new EngineException($"{path}: written by another version of the daemon (format {record?.Version})");
        }
        catch (JsonException e)
        {
            throw new EngineException($"{path}: damaged: {OneLine.Of(e.Message, 200)}", e);
        }
    }

    private void Discard(string directory, string name)
    {
        string trash = Path.Combine(_trash, $"{name}.{Guid.NewGuid():N}");
        Directory.Move(directory, trash);
        DeleteTree(trash);
    }
}
