using MicroVm.Engine.Configuration;

namespace MicroVm.Engine.Containers;

/// <summary>All containers by id and by name. Names are reserved before their container exists. Thread-safe.</summary>
internal sealed class ContainerIndex
{
    private readonly Lock _sync = new();
    private readonly Dictionary<string, Container> _containers = [];
    private readonly Dictionary<string, string> _idsByName = [];

    public IReadOnlyList<Container> All
    {
        get
        {
            lock (_sync)
            {
                return [.. _containers.Values];
            }
        }
    }

    /// <summary>Takes a name (null: a generated one) for a container to be; Conflict when it is taken.</summary>
    public string Reserve(string? name, string id)
    {
        lock (_sync)
        {
            string reserved = name is null
                ? ContainerNames.Generate(_idsByName.ContainsKey)
                : ContainerNames.Validate(name);
            RequireFree(reserved);
            _idsByName.Add(reserved, id);
            return reserved;
        }
    }

    public void Release(string name)
    {
        lock (_sync)
        {
            _idsByName.Remove(name);
        }
    }

    public void Add(Container container)
    {
        lock (_sync)
        {
            _containers.Add(container.Id, container);
            _idsByName[container.Snapshot.Name] = container.Id;
        }
    }

    /// <summary>Moves the name; <paramref name="apply"/> runs while no other can take either.</summary>
    public void Rename(Container container, string newName, Action<string> apply)
    {
        string validated = ContainerNames.Validate(newName);
        lock (_sync)
        {
            if (validated == container.Snapshot.Name)
            {
                throw new EngineException(
                    EngineErrorKind.Invalid, "Error when allocating new name: renaming a container with the same name as its current name");
            }

            RequireFree(validated, "Error when allocating new name: ");
            _idsByName.Remove(container.Snapshot.Name);
            _idsByName.Add(validated, container.Id);
            apply(validated);
        }
    }

    public void Remove(Container container)
    {
        lock (_sync)
        {
            _containers.Remove(container.Id);
            _idsByName.Remove(container.Snapshot.Name);
        }
    }

    /// <summary>By id, name, or unambiguous id prefix; NotFound in Docker's words.</summary>
    public Container Find(string nameOrId)
    {
        string bare = nameOrId.StartsWith('/') ? nameOrId[1..] : nameOrId;
        lock (_sync)
        {
            if (_containers.TryGetValue(bare, out Container? container)
                || (_idsByName.TryGetValue(bare, out string? id) && _containers.TryGetValue(id, out container)))
            {
                return container;
            }

            return FindByPrefix(bare);
        }
    }

    private Container FindByPrefix(string prefix)
    {
        List<Container> matches = prefix.Length == 0 || !prefix.All(char.IsAsciiHexDigitLower)
            ? []
            : [.. _containers.Values.Where(c => c.Id.StartsWith(prefix, StringComparison.Ordinal)).Take(2)];
        return matches.Count switch
        {
            1 => matches[0],
            0 => throw new EngineException(EngineErrorKind.NotFound, $"No such container: {OneLine.Of(prefix, 256)}"),
            _ => throw new EngineException(EngineErrorKind.Invalid, $"multiple IDs found with provided prefix: {prefix}"),
        };
    }

    /// <param name="context">What Docker says first.</param>
    private void RequireFree(string name, string context = "")
    {
        if (_idsByName.TryGetValue(name, out string? owner))
        {
            throw new EngineException(
                EngineErrorKind.Conflict,
                $"{context}Conflict. The container name \"/{name}\" is already in use by container \"{owner}\". "
                + "You have to remove (or rename) that container to be able to reuse that name.");
        }
    }
}
