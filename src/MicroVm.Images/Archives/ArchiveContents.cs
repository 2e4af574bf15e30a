using MicroVm.Images.Store;

namespace MicroVm.Images.Archives;

/// <summary>What one pass over an archive found: small files in memory, layers in the layer store, links between names.</summary>
internal sealed class ArchiveContents
{
    private const string BlobPrefix = "blobs/sha256/";
    private const int MaxLinks = 8;

    private readonly Dictionary<string, byte[]> _files = new(StringComparer.Ordinal);
    private readonly Dictionary<string, ArchiveLayer> _layers = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _links = new(StringComparer.Ordinal);
    private readonly Dictionary<byte[], ParsedImageConfig> _configs = [];
    private long _total;
    private long _work;

    public IEnumerable<Digest> StoredLayers => _layers.Values.Select(layer => layer.DiffId).OfType<Digest>();

    /// <summary>The digest that a file's name promises, in the OCI image layout.</summary>
    public static Digest? DigestIn(string name) =>
        name.StartsWith(BlobPrefix, StringComparison.Ordinal)
        && Digest.TryParse(Digest.Prefix + name[BlobPrefix.Length..], out Digest digest) ? digest : null;

    public static string NameOf(Digest blob) => BlobPrefix + blob.Hex;

    public void AddFile(string name, byte[] content)
    {
        _total += content.Length;
        if (_total > ArchiveLimits.MaxTotalSize)
        {
            throw new ImageException(ImageErrorKind.Invalid, $"invalid archive: more than {ArchiveLimits.MaxTotalSize} bytes beside the layers");
        }

        _files[name] = content;
    }

    public void AddLayer(string name, ArchiveLayer layer) => _layers[name] = layer;

    /// <summary>A symbolic link (target relative to its directory) or a hard one (relative to the archive).</summary>
    public void AddLink(string name, string target, bool isSymbolic)
    {
        int slash = name.LastIndexOf('/');
        string from = isSymbolic && slash >= 0 && !target.StartsWith('/') ? name[..slash] + "/" + target : target;
        _links[name] = Normalise(from);
    }

    public byte[]? File(string name) => _files.GetValueOrDefault(Follow(name));

    /// <exception cref="ImageException">It is missing.</exception>
    public byte[] RequiredFile(string name) =>
        File(name) ?? throw new ImageException(ImageErrorKind.Invalid, $"invalid archive: '{Files.OneLine.Of(name)}' is missing");

    /// <summary>A configuration among the files, parsed once however often it is named.</summary>
    public ParsedImageConfig Config(byte[] blob)
    {
        if (!_configs.TryGetValue(blob, out ParsedImageConfig? config))
        {
            CountWork(blob.Length);
            config = ImageConfigReader.Parse(blob);
            _configs.Add(blob, config);
        }

        return config;
    }

    /// <exception cref="ImageException">More metadata is being gone through than any real archive has.</exception>
    public void CountWork(int bytes)
    {
        // A small document costs something too.
        _work += bytes + 1024;
        if (_work > ArchiveLimits.MaxWork)
        {
            throw new ImageException(ImageErrorKind.Invalid, "invalid archive: its entries point to each other too often");
        }
    }

    /// <exception cref="ImageException">It is missing, or was not usable when it passed.</exception>
    public Digest Layer(string name)
    {
        ArchiveLayer layer = _layers.GetValueOrDefault(Follow(name))
            ?? throw new ImageException(ImageErrorKind.Invalid, $"invalid archive: layer '{Files.OneLine.Of(name)}' is missing");
        return layer.DiffId ?? throw new ImageException(
            layer.Problem!.Kind, $"layer '{Files.OneLine.Of(name)}': {layer.Problem.Message}", layer.Problem);
    }

    /// <summary>Without "./" and "..", so that all spellings of a name are one key. Never a path on the host.</summary>
    public static string Normalise(string name)
    {
        List<string> parts = [];
        foreach (string part in name.Split('/'))
        {
            if (part == ".." && parts.Count > 0)
            {
                parts.RemoveAt(parts.Count - 1);
            }
            else if (part is not ("" or "." or ".."))
            {
                parts.Add(part);
            }
        }

        return string.Join('/', parts);
    }

    private string Follow(string name)
    {
        name = Normalise(name);
        for (int i = 0; i < MaxLinks && _links.TryGetValue(name, out string? target); i++)
        {
            name = target;
        }

        return name;
    }
}
