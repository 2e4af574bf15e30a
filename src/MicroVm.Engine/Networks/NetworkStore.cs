using System.Text.Json;
using MicroVm.Engine.Persistence;

namespace MicroVm.Engine.Networks;

/// <summary>Networks on disk: <c>networks/ID.json</c> below the root.</summary>
internal sealed class NetworkStore
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
    private readonly string _directory;

    public NetworkStore(EngineOptions options)
    {
        _directory = Path.Combine(options.Root, "networks");
        Directory.CreateDirectory(_directory, OwnerOnly);
    }

    public void Save(NetworkRecord network) => JsonFile.Save(PathOf(network.Id), network, EngineJson.Default.NetworkRecord, durable: true);

    public void Delete(string id) => File.Delete(PathOf(id));

    /// <summary>One that can't be read is left alone and reported.</summary>
    public IEnumerable<NetworkRecord> LoadAll(Action<string> onUnreadable)
    {
        foreach (string path in Directory.GetFiles(_directory, "*.json"))
        {
            NetworkRecord? record = Load(path);
            if (record is { Version: NetworkRecord.CurrentVersion })
            {
                yield return record;
            }
            else
            {
                onUnreadable($"{path}: damaged, or written by another version of the daemon");
            }
        }
    }

    private static NetworkRecord? Load(string path)
    {
        try
        {
            using FileStream file = File.OpenRead(path);
            return JsonSerializer.Deserialize(file, EngineJson.Default.NetworkRecord);
        }
        catch (Exception e) when (e is JsonException or IOException)
        {
            return null;
        }
    }

    private string PathOf(string id) => Path.Combine(_directory, id + ".json");
}
