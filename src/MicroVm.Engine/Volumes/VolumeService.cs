using MicroVm.Engine.Events;

namespace MicroVm.Engine.Volumes;

/// <summary>The volumes and who has them. A container holds its volumes from its creation to its removal.</summary>
public sealed class VolumeService : IVolumeService
{
    private readonly VolumeStore _store;
    private readonly EventBus _events;
    private readonly Lock _sync = new();
    private readonly Dictionary<string, Volume> _volumes = new(StringComparer.Ordinal);
    private readonly Dictionary<string, HashSet<string>> _users = new(StringComparer.Ordinal);

    private VolumeService(VolumeStore store, EventBus events) => (_store, _events) = (store, events);

    /// <summary>Those below a directory, which is made where it is missing.</summary>
    /// <param name="onUnreadable">Is told of a volume that can't be taken up, and is left alone.</param>
    public static VolumeService Open(string root, EventBus events, Action<string> onUnreadable)
    {
        VolumeService service = new(new(root), events);
        service.Load(onUnreadable);
        return service;
    }

    private void Load(Action<string> onUnreadable)
    {
        foreach (Volume volume in _store.LoadAll(onUnreadable))
        {
            _volumes[volume.Name] = volume;
        }
    }

    public Volume Create(VolumeRequest request) => CreateFor(request, user: null);

    /// <summary>The same, and it is held from then on.</summary>
    /// <param name="user">A container's id.</param>
    internal Volume Acquire(VolumeRequest request, string user) => CreateFor(request, user);

    /// <summary>A container that an earlier daemon made has it.</summary>
    internal void Hold(string name, string user)
    {
        lock (_sync)
        {
            UsersIn(name).Add(user);
        }
    }

    /// <summary>A container that is gone, or has not come to be, holds none.</summary>
    internal void ReleaseAll(string user)
    {
        lock (_sync)
        {
            foreach ((string name, HashSet<string> users) in _users.ToArray())
            {
                if (users.Remove(user) && users.Count == 0)
                {
                    _users.Remove(name);
                }
            }
        }
    }

    public Volume Inspect(string name) => Find(name) ?? throw NotFound(name);

    public IReadOnlyList<Volume> List()
    {
        lock (_sync)
        {
            return [.. _volumes.Values.OrderBy(volume => volume.Name, StringComparer.Ordinal)];
        }
    }

    public IReadOnlyList<string> UsersOf(string name)
    {
        lock (_sync)
        {
            return [.. _users.GetValueOrDefault(name) ?? []];
        }
    }

    public async Task<long> SizeAsync(string name, CancellationToken cancellationToken)
    {
        Volume volume = Inspect(name);
        return volume.Options.Count > 0 ? 0 : await DirectoryTree.SizeAsync(volume.Mountpoint, cancellationToken).ConfigureAwait(false);
    }

    public async Task RemoveAsync(string name, bool force, CancellationToken cancellationToken)
    {
        Task deleted;
        lock (_sync)
        {
            if (!_volumes.ContainsKey(name))
            {
                if (force)
                {
                    return;
                }

                throw NotFound(name);
            }

            if (_users.TryGetValue(name, out HashSet<string>? users))
            {
                throw new EngineException(
                    EngineErrorKind.Conflict, $"remove {name}: volume is in use - [{string.Join(", ", users)}]");
            }

            deleted = _store.RemoveAsync(name);
            _volumes.Remove(name);
            Publish("destroy", name);
        }

        await deleted.WaitAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>A container begins or ends to use it.</summary>
    internal void PublishUse(string action, string name, params ReadOnlySpan<(string Name, string Value)> particular) => Publish(action, name, particular);

    private Volume? Find(string name)
    {
        lock (_sync)
        {
            return _volumes.GetValueOrDefault(name);
        }
    }

    private Volume CreateFor(VolumeRequest request, string? user)
    {
        Check(request);
        lock (_sync)
        {
            Volume volume = _volumes.GetValueOrDefault(request.Name) ?? Add(request);
            if (user is not null)
            {
                UsersIn(volume.Name).Add(user);
            }

            return volume;
        }
    }

    private Volume Add(VolumeRequest request)
    {
        bool isAnonymous = request.Name.Length == 0;
        string name = isAnonymous ? VolumeNames.New() : request.Name;
        Dictionary<string, string> labels = new(request.Labels);
        if (isAnonymous)
        {
            labels[Volume.AnonymousLabel] = "";
        }

        Volume volume = new() { Name = name, Created = DateTimeOffset.UtcNow, Labels = labels, Options = request.Options, Mountpoint = _store.DataOf(name) };
        _store.Add(volume);
        _volumes[name] = volume;
        Publish("create", name);
        return volume;
    }

    private static void Check(VolumeRequest request)
    {
        if (request.Name.Length > 0)
        {
            VolumeNames.Check(request.Name);
        }

        if (request.Driver is not ("" or Volume.LocalDriver))
        {
            string driver = OneLine.Of(request.Driver, 128);
            throw new EngineException(
                EngineErrorKind.NotFound, $"create {request.Name}: error looking up volume plugin {driver}: plugin \"{driver}\" not found");
        }

        _ = LocalOptions.Parse(request.Options);
    }

    private HashSet<string> UsersIn(string name) =>
        _users.TryGetValue(name, out HashSet<string>? users) ? users : _users[name] = [];

    private void Publish(string action, string name, params ReadOnlySpan<(string Name, string Value)> particular)
    {
        Dictionary<string, string> attributes = new() { ["driver"] = Volume.LocalDriver };
        foreach ((string key, string value) in particular)
        {
            attributes[key] = value;
        }

        _events.Publish(EventTypes.Volume, action, name, attributes);
    }

    private static EngineException NotFound(string name) => new(EngineErrorKind.NotFound, $"get {OneLine.Of(name, 256)}: no such volume");
}
