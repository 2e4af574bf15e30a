using System.Formats.Tar;
using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;

namespace MicroVm.Images.Tests.Support;

/// <summary>An image made by a test: configuration, manifest, and layers of random but repeatable content.</summary>
internal sealed class TestImage
{
    public const string OciManifest = "application/vnd.oci.image.manifest.v1+json";
    public const string OciIndex = "application/vnd.oci.image.index.v1+json";
    public const string DockerManifest = "application/vnd.docker.distribution.manifest.v2+json";

    public required byte[] Config { get; init; }

    public required byte[] Manifest { get; init; }

    public required IReadOnlyList<TestLayer> Layers { get; init; }

    public Digest Id => DigestOf(Config);

    public Digest ManifestDigest => DigestOf(Manifest);

    public static TestImage Create(int seed = 1, int layers = 2, int layerSize = 100_000, string architecture = "amd64", string? variant = null) =>
        Create([.. Enumerable.Range(0, layers).Select(i => TestLayer.Gzip(TarOf($"f{i}", RandomBytes((seed * 100) + i, layerSize))))], architecture, variant);

    public static TestImage Create(IReadOnlyList<TestLayer> layers, string architecture = "amd64", string? variant = null)
    {
        byte[] config = ConfigOf(layers.Select(layer => layer.DiffId), architecture, variant);
        return new() { Config = config, Layers = layers, Manifest = ManifestOf(config, layers) };
    }

    public static byte[] ConfigOf(IEnumerable<Digest> diffIds, string architecture = "amd64", string? variant = null)
    {
        var root = new JsonObject
        {
            ["created"] = "2026-01-02T03:04:05Z",
            ["architecture"] = architecture,
            ["os"] = "linux",
            ["config"] = new JsonObject { ["Env"] = new JsonArray("A=1"), ["Cmd"] = new JsonArray("/bin/true") },
            ["rootfs"] = new JsonObject
            {
                ["type"] = "layers",
                ["diff_ids"] = new JsonArray([.. diffIds.Select(id => (JsonNode)id.ToString())]),
            },
        };
        if (variant is not null)
        {
            root["variant"] = variant;
        }

        return Bytes(root);
    }

    public static byte[] ManifestOf(byte[] config, IEnumerable<TestLayer> layers) => Bytes(new JsonObject
    {
        ["schemaVersion"] = 2,
        ["mediaType"] = OciManifest,
        ["config"] = Descriptor("application/vnd.oci.image.config.v1+json", config),
        ["layers"] = new JsonArray([.. layers.Select(layer => Descriptor("application/vnd.oci.image.layer.v1.tar+gzip", layer.Blob))]),
    });

    public static byte[] IndexOf(params JsonObject[] descriptors) => Bytes(new JsonObject
    {
        ["schemaVersion"] = 2,
        ["mediaType"] = OciIndex,
        ["manifests"] = new JsonArray([.. descriptors]),
    });

    public static JsonObject Descriptor(string mediaType, byte[] blob, string? platform = null)
    {
        var descriptor = new JsonObject { ["mediaType"] = mediaType, ["digest"] = DigestOf(blob).ToString(), ["size"] = blob.Length };
        if (platform?.Split('/') is { } parts)
        {
            var node = new JsonObject { ["os"] = parts[0], ["architecture"] = parts[1] };
            if (parts.Length > 2)
            {
                node["variant"] = parts[2];
            }

            descriptor["platform"] = node;
        }

        return descriptor;
    }

    public static Digest DigestOf(byte[] blob) => Digest.FromHash(SHA256.HashData(blob));

    public static byte[] Bytes(JsonNode node) => Encoding.UTF8.GetBytes(node.ToJsonString());

    public static byte[] RandomBytes(int seed, int length)
    {
        byte[] bytes = new byte[length];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }

    public static byte[] TarOf(string name, byte[] content) => TarOf((name, content));

    public static byte[] TarOf(params (string Name, byte[] Content)[] files)
    {
        using var stream = new MemoryStream();
        using (var writer = new TarWriter(stream, TarEntryFormat.Ustar, leaveOpen: true))
        {
            foreach ((string name, byte[] content) in files)
            {
                writer.WriteEntry(new UstarTarEntry(TarEntryType.RegularFile, name)
                {
                    DataStream = new MemoryStream(content),
                    ModificationTime = DateTimeOffset.UnixEpoch,
                });
            }
        }

        return stream.ToArray();
    }
}

/// <param name="Blob">As the registry serves it.</param>
internal sealed record TestLayer(byte[] Tar, byte[] Blob)
{
    public Digest DiffId => TestImage.DigestOf(Tar);

    public Digest BlobDigest => TestImage.DigestOf(Blob);

    public static TestLayer Gzip(byte[] tar) => new(tar, Compressed(tar));

    public static TestLayer Plain(byte[] tar) => new(tar, tar);

    public static byte[] Compressed(byte[] content)
    {
        using var stream = new MemoryStream();
        using (var gzip = new GZipStream(stream, CompressionLevel.Fastest, leaveOpen: true))
        {
            gzip.Write(content);
        }

        return stream.ToArray();
    }
}
