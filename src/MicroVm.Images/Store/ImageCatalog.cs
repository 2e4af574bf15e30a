using System.Collections.Immutable;
using Microsoft.Extensions.Logging;
using MicroVm.Images.Layers;
using MicroVm.Images.References;

namespace MicroVm.Images.Store;

/// <summary>
/// The images and their names, in memory and on disk:
/// <code>
/// ROOT/configs/HEX.json     configuration blob; with it the image exists
/// ROOT/manifests/HEX.json   manifest blob, as the registry served it
/// ROOT/names.json           name to image id
/// ROOT/builds.json          what builds made images of
/// </code>
/// Written in the order layers, manifest, configuration, names: a crash leaves the image away or whole.
/// </summary>
internal sealed partial class ImageCatalog
{
    private readonly ILayerStore _layers;
    private readonly BlobDirectory _configs;
    private readonly BlobDirectory _manifests;
    private readonly NameTable _names;
    private readonly Lock _writing = new();
    private volatile ImmutableDictionary<Digest, ImageRecord> _images;

    public ImageCatalog(string root, ILayerStore layers, ILogger logger)
    {
        Directory.CreateDirectory(root);
        _layers = layers;
        _configs = new(Path.Combine(root, "configs"));
        _manifests = new(Path.Combine(root, "manifests"));
        _names = NameTable.Open(Path.Combine(root, "names.json"));
        _images = LoadAll(logger);
        Builds = BuildTable.Open(Path.Combine(root, "builds.json"), _images.ContainsKey);
        DeleteStrayManifests();
    }

    /// <summary>For readers; changed by this class alone.</summary>
    public BuildTable Builds { get; }

    public ImageRecord? Get(Digest id) => _images.GetValueOrDefault(id);

    public IEnumerable<ImageRecord> All => _images.Values;

    public bool References(Digest diffId) => _images.Values.Any(image => image.DiffIds.Contains(diffId));

    public IReadOnlyList<ImageReference> NamesOf(Digest id) => _names.NamesOf(id);

    public Digest? Find(ImageReference reference) => _names.Find(reference);

    /// <summary>Every image with its names, newest first.</summary>
    public IReadOnlyList<StoredImage> List()
    {
        ILookup<Digest, ImageReference> names = _names.ById();
        IReadOnlySet<Digest> parents = Builds.Parents();
        return [.. _images.Values
            .OrderByDescending(image => image.Config.Created, StringComparer.Ordinal)
            .Select(image => Describe(image, names[image.Id], parents.Contains(image.Id)))];
    }

    public StoredImage Describe(ImageRecord image) => Describe(image, _names.NamesOf(image.Id), Builds.HasChildren(image.Id));

    public long LayerSize(Digest diffId)
    {
        try
        {
            return _layers.Get(diffId).ContentSize;
        }
        catch (ImageException)
        {
            return 0;
        }
    }

    public byte[] ReadConfig(Digest id) => _configs.Read(id);

    /// <summary>Manifests of images as registries have served them, and got them.</summary>
    public IEnumerable<Registry.ImageManifest> Manifests() => _manifests.List()
        .Select(digest => Registry.ManifestReader.TryParse(_manifests.Read(digest)) as Registry.ImageManifest)
        .OfType<Registry.ImageManifest>();

    /// <summary>Makes an image visible. Its layers must be in the layer store.</summary>
    /// <param name="manifest">The manifest blob, when it came with one.</param>
    /// <param name="origin">When a build made it.</param>
    public StoredImage Commit(
        ImageRecord image, ReadOnlySpan<byte> config, ReadOnlySpan<byte> manifest, IEnumerable<ImageReference> names, BuildOrigin? origin = null)
    {
        lock (_writing)
        {
            if (!manifest.IsEmpty)
            {
                _manifests.Write(Digest.Of(manifest), manifest);
            }

            _configs.Write(image.Id, config);
            _images = _images.SetItem(image.Id, image);
            _names.Set(names, image.Id);
            if (origin is not null)
            {
                Builds.Set(image.Id, origin);
            }
        }

        return Describe(image);
    }

    public void SetName(ImageReference name, Digest id)
    {
        lock (_writing)
        {
            _names.Set([name], id);
        }
    }

    public void ForgetBuilds()
    {
        lock (_writing)
        {
            Builds.Clear();
        }
    }

    public void RemoveNames(IEnumerable<ImageReference> names)
    {
        lock (_writing)
        {
            _names.Remove(names);
        }
    }

    /// <summary>Forgets an image; its layers are the caller's to clean.</summary>
    public void Delete(ImageRecord image)
    {
        lock (_writing)
        {
            _names.Remove(_names.NamesOf(image.Id));
            _images = _images.Remove(image.Id);
            Builds.Remove(image.Id);
            _configs.Delete(image.Id);
            DeleteStrayManifests();
        }
    }

    /// <summary>An image for <see cref="Commit"/>, its size summed up.</summary>
    public ImageRecord Compose(Digest id, ParsedImageConfig config)
    {
        long size = 0;
        foreach (Digest diffId in config.DiffIds)
        {
            size = checked(size + _layers.Get(diffId).ContentSize);
        }

        return new(id, config.Config, config.DiffIds, size);
    }

    private StoredImage Describe(ImageRecord image, IEnumerable<ImageReference> names, bool hasChildren)
    {
        BuildOrigin? origin = Builds.Of(image.Id);
        ILookup<bool, string> familiar = names.ToLookup(name => name.Digest is null, name => name.Familiar);
        return new()
        {
            Id = image.Id,
            Config = image.Config,
            DiffIds = image.DiffIds,
            Size = image.Size,
            RepoTags = [.. familiar[true]],
            RepoDigests = [.. familiar[false]],
            Parent = origin?.Parent,
            IsBuilt = origin is not null,
            HasChildren = hasChildren,
        };
    }

    private ImmutableDictionary<Digest, ImageRecord> LoadAll(ILogger logger)
    {
        var images = ImmutableDictionary.CreateBuilder<Digest, ImageRecord>();
        foreach (Digest id in _configs.List())
        {
            try
            {
                images[id] = Load(id);
            }
            catch (Exception e) when (e is ImageException or IOException)
            {
                LogIncompleteImage(logger, id, e.Message);
            }
        }

        return images.ToImmutable();
    }

    private ImageRecord Load(Digest id)
    {
        byte[] blob = _configs.Read(id);
        if (Digest.Of(blob) != id)
        {
            throw new ImageException(ImageErrorKind.Corrupt, "its configuration does not match its digest");
        }

        ParsedImageConfig config = ImageConfigReader.Parse(blob);
        return config.DiffIds.FirstOrDefault(diffId => !_layers.Contains(diffId)) is { Hex: not null } missing
            ? throw new ImageException(ImageErrorKind.Corrupt, $"layer {missing} is missing")
            : Compose(id, config);
    }

    // A manifest is kept for as long as the image that it describes.
    private void DeleteStrayManifests()
    {
        foreach (Digest digest in _manifests.List().ToList())
        {
            Digest? config = Registry.ManifestReader.ConfigDigestOf(_manifests.Read(digest));
            if (config is null || !_configs.Contains(config.Value))
            {
                _manifests.Delete(digest);
            }
        }
    }

    [LoggerMessage(1, LogLevel.Warning, "Image {Id} can't be used and is left out: {Reason}. Pull or load it again.")]
    private static partial void LogIncompleteImage(ILogger logger, Digest id, string reason);
}
