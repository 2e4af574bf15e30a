using System.Text.Json;
using System.Text.Json.Serialization;
using MicroVm.Images.Files;
using MicroVm.Images.Layers;

namespace MicroVm.Images.Store;

/// <summary>
/// Which layers must stay though no image names them: those of running transfers, and of pulls that broke off, so
/// that the next one goes on from there. A broken-off pull is forgotten after <see cref="s_lifetime"/>, or when there
/// are more than <see cref="MaxKept"/>. Kept on disk as LEASES/HEX.json, by image id.
/// </summary>
internal sealed partial class LayerLeases
{
    private const int MaxKept = 8;
    private static readonly TimeSpan s_lifetime = TimeSpan.FromHours(24);

    private readonly string _directory;
    private readonly ILayerStore _layers;
    private readonly Func<Digest, bool> _isReferenced;
    private readonly Lock _gate = new();
    private readonly Dictionary<Digest, Lease> _leases = [];
    private readonly HashSet<Digest> _postponed = [];
    private int _loads;

    public LayerLeases(string directory, ILayerStore layers, Func<Digest, bool> isReferenced)
    {
        _directory = directory;
        _layers = layers;
        _isReferenced = isReferenced;
        Directory.CreateDirectory(directory);
        AtomicFile.DeleteLeftovers(directory);
        ReadAll();
    }

    /// <summary>Blobs whose partial downloads are still wanted.</summary>
    public IReadOnlySet<Digest> Blobs
    {
        get
        {
            lock (_gate)
            {
                return _leases.Values.SelectMany(lease => lease.Blobs).ToHashSet();
            }
        }
    }

    /// <summary>Holds the layers of a pull. Disposing marks the pull as broken off unless it was told its end.</summary>
    public PullLease BeginPull(Digest image, IReadOnlyList<Digest> diffIds, IReadOnlyList<Digest> blobs)
    {
        lock (_gate)
        {
            if (!_leases.TryGetValue(image, out Lease? lease))
            {
                lease = new(diffIds, blobs);
                _leases.Add(image, lease);
            }

            lease.Users++;
            lease.Since = DateTime.UtcNow;
            Write(image, lease);
        }

        return new(this, image);
    }

    /// <summary>While a load runs, whose layers are not known beforehand, no layer is removed.</summary>
    public IDisposable BeginLoad()
    {
        lock (_gate)
        {
            _loads++;
        }

        return new LoadLease(this);
    }

    /// <summary>Removes those of the layers that nothing needs, now or when the running loads are over. Returns what went at once.</summary>
    public IReadOnlyList<Digest> Sweep(IEnumerable<Digest> candidates)
    {
        lock (_gate)
        {
            List<Digest> free = [.. candidates.Distinct().Where(IsFree)];
            if (_loads > 0)
            {
                _postponed.UnionWith(free);
                return [];
            }

            foreach (Digest diffId in free.Where(_layers.Contains))
            {
                _layers.Remove(diffId);
            }

            return free;
        }
    }

    /// <summary>Forgets broken-off pulls that are too old or too many, and removes what they alone kept.</summary>
    public void Expire()
    {
        lock (_gate)
        {
            List<KeyValuePair<Digest, Lease>> broken = [.. _leases.Where(pair => pair.Value.Users == 0).OrderByDescending(pair => pair.Value.Since)];
            foreach ((Digest image, Lease lease) in broken.Where((pair, i) => i >= MaxKept || pair.Value.Since + s_lifetime < DateTime.UtcNow))
            {
                Forget(image);
                Sweep(lease.DiffIds);
            }
        }
    }

    private bool IsFree(Digest diffId) =>
        !_isReferenced(diffId) && !_leases.Values.Any(lease => lease.DiffIds.Contains(diffId));

    private void EndPull(Digest image, bool isOver)
    {
        lock (_gate)
        {
            if (_leases.TryGetValue(image, out Lease? lease))
            {
                lease.Users--;
                lease.IsOver |= isOver;
                if (lease.Users == 0 && lease.IsOver)
                {
                    Forget(image);
                    Sweep(lease.DiffIds);
                }
            }
        }

        Expire();
    }

    private void EndLoad()
    {
        lock (_gate)
        {
            if (--_loads == 0)
            {
                Sweep([.. _postponed]);
                _postponed.Clear();
            }
        }
    }

    private void Forget(Digest image)
    {
        _leases.Remove(image);
        File.Delete(PathOf(image));
    }

    private string PathOf(Digest image) => Path.Combine(_directory, image.Hex + ".json");

    private void Write(Digest image, Lease lease)
    {
        var stored = new StoredLease(lease.Since, [.. lease.DiffIds.Select(id => id.ToString())], [.. lease.Blobs.Select(id => id.ToString())]);
        AtomicFile.Write(PathOf(image), JsonSerializer.SerializeToUtf8Bytes(stored, LeaseJson.Default.StoredLease));
    }

    private void ReadAll()
    {
        foreach (string file in Directory.EnumerateFiles(_directory, "*.json").ToList())
        {
            try
            {
                StoredLease stored = JsonSerializer.Deserialize(File.ReadAllBytes(file), LeaseJson.Default.StoredLease)!;
                _leases[Digest.Parse(Digest.Prefix + Path.GetFileNameWithoutExtension(file))] =
                    new([.. stored.DiffIds.Select(Digest.Parse)], [.. stored.Blobs.Select(Digest.Parse)]) { Since = stored.Since };
            }
            catch (Exception e) when (e is JsonException or FormatException or NullReferenceException)
            {
                // It only says what a next pull could save.
                File.Delete(file);
            }
        }
    }

    /// <summary>One running pull's hold on its layers.</summary>
    internal sealed class PullLease(LayerLeases owner, Digest image) : IDisposable
    {
        private bool _isOver;

        public void Complete() => _isOver = true;

        /// <summary>Nothing of the pull is worth keeping for another try.</summary>
        public void GiveUp() => _isOver = true;

        public void Dispose() => owner.EndPull(image, _isOver);
    }

    private sealed class LoadLease(LayerLeases owner) : IDisposable
    {
        public void Dispose() => owner.EndLoad();
    }

    private sealed class Lease(IReadOnlyList<Digest> diffIds, IReadOnlyList<Digest> blobs)
    {
        public IReadOnlyList<Digest> DiffIds { get; } = diffIds;

        public IReadOnlyList<Digest> Blobs { get; } = blobs;

        public DateTime Since { get; set; }

        public int Users { get; set; }

        public bool IsOver { get; set; }
    }

    private sealed record StoredLease(DateTime Since, IReadOnlyList<string> DiffIds, IReadOnlyList<string> Blobs);

    [JsonSerializable(typeof(StoredLease))]
    private sealed partial class LeaseJson : JsonSerializerContext;
}
