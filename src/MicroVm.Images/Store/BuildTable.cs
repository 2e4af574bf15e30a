using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization;
using MicroVm.Images.Files;

namespace MicroVm.Images.Store;

/// <summary>
/// What a build step made an image of: its parent, and the step's key. It is the builds' cache, and tells which unnamed images are steps
/// on the way to others. One JSON file, replaced whole. Not thread-safe for writers; readers see a snapshot.
/// </summary>
internal sealed partial class BuildTable
{
    private readonly string _path;
    private volatile ImmutableDictionary<Digest, BuildOrigin> _origins;

    private BuildTable(string path, ImmutableDictionary<Digest, BuildOrigin> origins)
    {
        _path = path;
        _origins = origins;
    }

    /// <param name="exists">Whether an image is there: what is kept of others is left out.</param>
    public static BuildTable Open(string path, Func<Digest, bool> exists)
    {
        var empty = ImmutableDictionary<Digest, BuildOrigin>.Empty;
        try
        {
            Dictionary<string, StoredOrigin> stored = JsonSerializer.Deserialize(File.ReadAllBytes(path), BuildJson.Default.DictionaryStringStoredOrigin) ?? [];
            return new(path, empty.AddRange(stored
                .Select(pair => KeyValuePair.Create(Digest.Parse(pair.Key), new BuildOrigin(pair.Value.Parent is { } parent ? Digest.Parse(parent) : null, pair.Value.Key)))
                .Where(pair => exists(pair.Key) && (pair.Value.Parent is not { } parent || exists(parent)))));
        }
        catch (Exception e) when (e is FileNotFoundException or JsonException or FormatException)
        {
            // A cache alone: without it builds take longer.
            return new(path, empty);
        }
    }

    public BuildOrigin? Of(Digest image) => _origins.GetValueOrDefault(image);

    public bool HasChildren(Digest image) => _origins.Values.Any(origin => origin.Parent == image);

    /// <summary>Every image that others were made of.</summary>
    public IReadOnlySet<Digest> Parents() => _origins.Values.Select(origin => origin.Parent).OfType<Digest>().ToHashSet();

    public IEnumerable<Digest> Find(BuildOrigin origin) => _origins.Where(pair => pair.Value == origin).Select(pair => pair.Key);

    public void Set(Digest image, BuildOrigin origin) => Replace(_origins.SetItem(image, origin));

    public void Remove(Digest image) => Replace(_origins.Remove(image));

    public void Clear() => Replace(_origins.Clear());

    private void Replace(ImmutableDictionary<Digest, BuildOrigin> origins)
    {
        if (!ReferenceEquals(origins, _origins))
        {
            var stored = origins.ToDictionary(pair => pair.Key.ToString(), pair => new StoredOrigin(pair.Value.Parent?.ToString(), pair.Value.Key));
            AtomicFile.Write(_path, JsonSerializer.SerializeToUtf8Bytes(stored, BuildJson.Default.DictionaryStringStoredOrigin));
            _origins = origins;
        }
    }

    private sealed record StoredOrigin(string? Parent, string Key);

    [JsonSerializable(typeof(Dictionary<string, StoredOrigin>))]
    private sealed partial class BuildJson : JsonSerializerContext;
}

/// <summary>How a build step made an image.</summary>
/// <param name="Parent">What it was made of; null: nothing (FROM scratch).</param>
/// <param name="Key">The step and all that its result depends on: equal keys make equal images.</param>
public sealed record BuildOrigin(Digest? Parent, string Key);
