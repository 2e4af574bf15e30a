using System.Buffers;
using System.Text.Json;
using MicroVm.Images.Files;
using MicroVm.Images.References;
using MicroVm.Images.Store;

namespace MicroVm.Images.Archives;

/// <summary>
/// What Docker before 1.10 saved: <c>repositories</c> names ids, each a directory with <c>json</c> (which names its
/// parent) and <c>layer.tar</c>. The configuration is made from the topmost json (moby, image/v1).
/// </summary>
internal sealed class LegacyArchive(ArchiveContents contents)
{
    public const string RepositoriesName = "repositories";

    private static readonly string[] s_dropped = ["id", "parent", "Size", "parent_id", "layer_id", "throwaway", "rootfs", "history"];

    public IReadOnlyList<ArchiveImage> Read() =>
    [
        .. JsonRead.Parse(contents.RequiredFile(RepositoriesName), RepositoriesName, ReadTags)
            .GroupBy(tag => tag.Id)
            .Select(image => ReadImage(image.Key, [.. image.Select(tag => tag.Name)])),
    ];

    private static List<(ImageReference Name, string Id)> ReadTags(JsonElement root)
    {
        var tags = new List<(ImageReference, string)>();
        foreach (JsonProperty repository in root.EnumerateObject())
        {
            foreach ((string tag, string id) in root.TextMap(repository.Name))
            {
                tags.Add((ImageReference.Parse($"{repository.Name}:{tag}"), id));
            }
        }

        return tags.Count <= ArchiveLimits.MaxImages ? tags : throw new FormatException("too many images");
    }

    private ArchiveImage ReadImage(string top, IReadOnlyList<ImageReference> names)
    {
        List<Digest> layers = [];
        for (string? id = top; id is not null; id = ParentOf(id))
        {
            layers.Insert(0, contents.Layer($"{id}/layer.tar"));
            if (layers.Count > ImageConfigReader.MaxLayers)
            {
                throw new ImageException(ImageErrorKind.Invalid, $"invalid archive: more than {ImageConfigReader.MaxLayers} layers");
            }
        }

        byte[] config = JsonRead.Parse(Json(top), "image json", root => MakeConfig(root, layers));
        return ArchiveImage.Checked(config, contents.Config(config), [], layers, names);
    }

    private string? ParentOf(string id) => JsonRead.Parse(Json(id), "image json", root => root.Text("parent"));

    private byte[] Json(string id)
    {
        byte[] json = contents.RequiredFile($"{id}/json");
        contents.CountWork(json.Length);
        return json;
    }

    private static byte[] MakeConfig(JsonElement root, IReadOnlyList<Digest> layers)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            writer.WriteStartObject();
            foreach (JsonProperty member in root.EnumerateObject().Where(member => !s_dropped.Contains(member.Name)))
            {
                member.WriteTo(writer);
            }

            WriteRootFs(writer, layers);
            writer.WriteEndObject();
        }

        return buffer.WrittenSpan.ToArray();
    }

    private static void WriteRootFs(Utf8JsonWriter writer, IReadOnlyList<Digest> layers)
    {
        writer.WriteStartObject("rootfs");
        writer.WriteString("type", "layers");
        writer.WriteStartArray("diff_ids");
        foreach (Digest layer in layers)
        {
            writer.WriteStringValue(layer.ToString());
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
    }
}
