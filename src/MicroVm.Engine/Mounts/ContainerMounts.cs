using MicroVm.Engine.Containers;
using MicroVm.Engine.Volumes;

namespace MicroVm.Engine.Mounts;

/// <summary>
/// What a container that is being created is to have mounted, by Docker's order: other containers' (--volumes-from), then -v, then
/// --mount, then an anonymous volume wherever the image or the user asks for one and nothing else is.
/// </summary>
/// <param name="id">The container's: it holds its volumes from now on.</param>
internal sealed class ContainerMounts(ContainerSpec spec, VolumeService volumes, string id)
{
    /// <summary>Each is a mount of the guest's.</summary>
    public const int Max = 100;

    private readonly Dictionary<string, ContainerMount> _mounts = new(StringComparer.Ordinal);
    private readonly HashSet<string> _given = [.. spec.Tmpfs.Keys.Select(Clean)];

    /// <summary>Throws <see cref="EngineException"/> in Docker's words.</summary>
    /// <param name="targets">Of anonymous volumes.</param>
    /// <param name="find">A container by its name or id.</param>
    public IReadOnlyList<ContainerMount> Resolve(IReadOnlyList<string> targets, Func<string, ContainerSnapshot> find)
    {
        foreach (string other in spec.VolumesFrom)
        {
            AddFrom(other, find);
        }

        foreach (string bind in spec.Binds)
        {
            AddBind(bind);
        }

        foreach (MountRequest mount in spec.Mounts)
        {
            Add(mount, mode: "", duplicate: mount.Target);
        }

        foreach (string target in targets.Where(target => !_mounts.ContainsKey(Clean(target)) && !_given.Contains(Clean(target))))
        {
            Add(new() { Type = ContainerMount.Volume, Target = target }, mode: "", duplicate: target);
        }

        return _mounts.Count <= Max
            ? [.. _mounts.Values.OrderBy(mount => mount.Depth).ThenBy(mount => mount.Destination, StringComparer.Ordinal)]
            : throw new EngineException(EngineErrorKind.Invalid, $"too many volumes and bind mounts: at most {Max}");
    }

    private void AddFrom(string text, Func<string, ContainerSnapshot> find)
    {
        string[] parts = text.Split(':', 2);
        string mode = parts.Length == 2 ? parts[1] : "rw";
        if (parts[0].Length == 0 || mode.Split(',').Any(word => word is not ("ro" or "rw" or "z" or "Z")))
        {
            throw new EngineException(EngineErrorKind.Invalid, $"invalid volumes-from specification: '{OneLine.Of(text, 256)}'");
        }

        foreach (ContainerMount mount in find(parts[0]).Mounts)
        {
            bool isReadOnly = mount.ReadOnly || mode.Split(',').Contains("ro");
            if (mount.Type == ContainerMount.Volume)
            {
                volumes.Acquire(new(mount.Name, "", new Dictionary<string, string>(), new Dictionary<string, string>()), id);
            }

            _mounts[mount.Destination] = mount with { ReadOnly = isReadOnly, Populates = false };
        }
    }

    private void AddBind(string text)
    {
        (MountRequest mount, string mode) = BindText.Parse(text, spec.VolumeDriver);
        try
        {
            MountRules.Check(mount);
        }
        catch (EngineException e)
        {
            throw new EngineException(EngineErrorKind.Invalid, $"{BindText.InvalidSpecification(text).Message}: {e.Message}", e);
        }

        Add(mount, mode, duplicate: Clean(mount.Target));
    }

    private void Add(MountRequest mount, string mode, string duplicate)
    {
        MountRules.Check(mount);
        string destination = Clean(mount.Target);
        if (!_given.Add(destination))
        {
            throw new EngineException(EngineErrorKind.Invalid, $"Duplicate mount point: {OneLine.Of(duplicate, 512)}");
        }

        _mounts[destination] = mount.Type == ContainerMount.Bind ? Bind(mount, destination, mode) : OfVolume(mount, destination, mode);
    }

    private static ContainerMount Bind(MountRequest mount, string destination, string mode)
    {
        MountRules.CheckSource(mount);
        return new()
        {
            Type = ContainerMount.Bind,
            Source = Clean(mount.Source),
            Destination = destination,
            Mode = mode,
            ReadOnly = mount.ReadOnly,
            Propagation = mount.Propagation.Length > 0 ? mount.Propagation : "rprivate",
            CreatesSource = mount.CreatesSource,
        };
    }

    private ContainerMount OfVolume(MountRequest mount, string destination, string mode)
    {
        Volume volume = volumes.Acquire(new(mount.Source, mount.Driver, mount.DriverOptions, mount.Labels), id);
        LocalOptions options = LocalOptions.Parse(volume.Options);
        return new()
        {
            Type = ContainerMount.Volume,
            Name = volume.Name,
            Source = options.Device ?? volume.Mountpoint,
            Destination = destination,
            Mode = mode.Length == 0 && spec.Mounts.All(other => !ReferenceEquals(other, mount)) && mount.Source.Length > 0 ? "z" : mode,
            ReadOnly = mount.ReadOnly,
            Populates = !mount.NoCopy && options.Tmpfs is null,
            IsAnonymous = mount.Source.Length == 0,
            Subpath = mount.Subpath,
            Tmpfs = options.Tmpfs,
        };
    }

    /// <summary>Without ".", ".." and a slash at the end, as the guest will see it.</summary>
    private static string Clean(string path) =>
        path.StartsWith('/') && !path.Contains('\0', StringComparison.Ordinal) ? Path.TrimEndingDirectorySeparator(Path.GetFullPath(path)) : path;
}
