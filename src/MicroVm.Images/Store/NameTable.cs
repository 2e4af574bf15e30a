using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization;
using MicroVm.Images.Files;
using MicroVm.Images.References;

namespace MicroVm.Images.Store;

/// <summary>
/// Which image each name (full, with a tag or a digest) means: one JSON object in one file, replaced whole, so that
/// several names change at once or not at all. Not thread-safe for writers; readers see a snapshot.
/// </summary>
internal sealed partial class NameTable
{
    private readonly string _path;
    private ImmutableSortedDictionary<string, Digest> _ids;

    private NameTable(string path, ImmutableSortedDictionary<string, Digest> ids)
    {
        _path = path;
        _ids = ids;
    }

    /// <exception cref="ImageException">Corrupt: the file is there and is not what was written.</exception>
    public static NameTable Open(string path)
    {
        var empty = ImmutableSortedDictionary.Create<string, Digest>(StringComparer.Ordinal);
        if (!File.Exists(path))
        {
            return new(path, empty);
        }

        try
        {
            Dictionary<string, string> stored =
                JsonSerializer.Deserialize(File.ReadAllBytes(path), NameJson.Default.DictionaryStringString) ?? [];
            return new(path, empty.AddRange(stored.Select(pair => KeyValuePair.Create(
                ImageReference.Parse(pair.Key).ToString(), Digest.Parse(pair.Value)))));
        }
        catch (Exception e) when (e is JsonException or FormatException or ImageException)
        {
            throw new ImageException(
                ImageErrorKind.Corrupt, $"image names in {path} are unreadable; restore the file or remove it: {OneLine.Of(e.Message)}", e);
        }
    }

    /// <summary>The image that the reference means: by its digest when it has one, else by its tag.</summary>
    public Digest? Find(ImageReference reference) =>
        _ids.TryGetValue(Key(reference), out Digest id) ? id : null;

    /// <summary>Names of an image, each with either a tag or a digest, sorted.</summary>
    public IReadOnlyList<ImageReference> NamesOf(Digest id) =>
        [.. _ids.Where(pair => pair.Value == id).Select(pair => ImageReference.Parse(pair.Key))];

    public ILookup<Digest, ImageReference> ById() => _ids.ToLookup(pair => pair.Value, pair => ImageReference.Parse(pair.Key));

    public void Set(IEnumerable<ImageReference> references, Digest id) =>
        Replace(_ids.SetItems(references.Select(reference => KeyValuePair.Create(Key(reference), id))));

    public void Remove(IEnumerable<ImageReference> references) => Replace(_ids.RemoveRange(references.Select(Key)));

    private static string Key(ImageReference reference) =>
        (reference.Digest is null ? reference : reference with { Tag = null }).ToString();

    private void Replace(ImmutableSortedDictionary<string, Digest> ids)
    {
        if (ReferenceEquals(ids, _ids))
        {
            return;
        }

        var stored = ids.ToDictionary(pair => pair.Key, pair => pair.Value.ToString());
        AtomicFile.Write(_path, JsonSerializer.SerializeToUtf8Bytes(stored, NameJson.Default.DictionaryStringString));
        _ids = ids;
    }

    [JsonSourceGenerationOptions(WriteIndented = true)]
    [JsonSerializable(typeof(Dictionary<string, string>))]
    private sealed partial class NameJson : JsonSerializerContext;
}
