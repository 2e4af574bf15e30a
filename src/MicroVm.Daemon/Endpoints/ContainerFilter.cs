using MicroVm.Engine.Containers;
using MicroVm.Images;
using MicroVm.Images.Store;

namespace MicroVm.Daemon.Endpoints;

/// <summary>The filters of <c>GET /containers/json</c>.</summary>
internal sealed class ContainerFilter(Filters filters, IContainerService containers, IImageStore images)
{
    public static readonly string[] Keys =
    [
        "ancestor", "before", "exited", "expose", "health", "id", "is-task", "isolation", "label", "name", "network",
        "publish", "since", "status", "volume",
    ];

    private static readonly string[] s_statuses = ["created", "running", "paused", "restarting", "removing", "exited", "dead"];
    private static readonly string[] s_healths = ["none", "starting", "healthy", "unhealthy"];

    /// <summary>Not running, and it fits the filters of a prune.</summary>
    public static bool IsPrunable(ContainerSnapshot container, Filters filters) =>
        container.Status is ContainerStatus.Created or ContainerStatus.Exited or ContainerStatus.Dead
        && filters.MatchesLabels(container.Effective.Labels)
        && filters.Of("until").All(text =>
            Timestamps.Parse("until", text, DateTimeOffset.UtcNow) is not { } until || container.Created < until);

    /// <param name="list">Newest first.</param>
    /// <param name="limit">0: none; else the newest so many, running or not.</param>
    public IReadOnlyList<ContainerSnapshot> Apply(IReadOnlyList<ContainerSnapshot> list, bool all, int limit)
    {
        Check("status", s_statuses);
        Check("health", s_healths);
        _ = filters.Flag("is-task", otherwise: false);
        _ = filters.Of("publish").Concat(filters.Of("expose")).Select(PortText.ParseRange).ToList();
        bool everyState = all || limit > 0 || filters.Has("status");
        DateTimeOffset before = filters.Of("before").Select(CreatedOf).DefaultIfEmpty(DateTimeOffset.MaxValue).Min();
        DateTimeOffset since = filters.Of("since").Select(CreatedOf).DefaultIfEmpty(DateTimeOffset.MinValue).Max();
        HashSet<Digest> ancestors = [.. filters.Of("ancestor").Select(name => images.Find(name)).OfType<StoredImage>().Select(image => image.Id)];
        int[] exits = [.. filters.Of("exited").Select(ParseExit)];
        IEnumerable<ContainerSnapshot> chosen = list
            .Where(container => everyState || container.Status is ContainerStatus.Running or ContainerStatus.Paused or ContainerStatus.Restarting)
            .Where(container => container.Created < before && container.Created > since)
            .Where(container => !filters.Has("ancestor") || ancestors.Contains(container.ImageId) || filters.Of("ancestor").Contains(container.Spec.Image))
            .Where(container => exits.Length == 0 || (container.FinishedAt is not null && exits.Contains(container.ExitCode) && !IsRunning(container)))
            .Where(MatchesIdentity)
            .Where(MatchesPorts);
        return [.. limit > 0 ? chosen.Take(limit) : chosen];
    }

    private bool MatchesIdentity(ContainerSnapshot container) =>
        filters.Matches("id", container.Id)
        && filters.Matches("name", container.Name, "/" + container.Name)
        && filters.MatchesLabels(container.Effective.Labels)
        && filters.Any("status", value => value == ContainerDocuments.StatusName(container.Status))
        && filters.Any("health", value => value == HealthDocuments.FilterName(container))
        && filters.Any("network", value => ContainerDocuments.Networks(container).Any(network => value == network.Key || IsId(value, network.Value.NetworkID)))
        && filters.Any("volume", value => container.Mounts.Any(mount => mount.Name == value || mount.Destination == value || mount.Source == value))
        && filters.Any("isolation", value => value is "default" or "")
        && !filters.Flag("is-task", otherwise: false);

    private static bool IsId(string value, string? id) => value.Length > 0 && id is not null && id.StartsWith(value, StringComparison.Ordinal);

    private bool MatchesPorts(ContainerSnapshot container) =>
        filters.Any("publish", value => IsIn(value, container.Ports.Select(port => (port.HostPort, port.Protocol))))
        && filters.Any("expose", value => IsIn(value, container.Effective.ExposedPorts.Select(PortText.Parse)));

    private static bool IsIn(string text, IEnumerable<(int Port, string Protocol)> ports)
    {
        (int first, int last, string protocol) = PortText.ParseRange(text);
        return ports.Any(port => port.Port >= first && port.Port <= last && port.Protocol == protocol);
    }

    private void Check(string key, string[] allowed)
    {
        foreach (string value in filters.Of(key))
        {
            if (!allowed.Contains(value))
            {
                throw ApiException.BadRequest($"invalid filter '{key}={value}'");
            }
        }
    }

    private static int ParseExit(string text) => int.TryParse(text, out int code)
        ? code
        : throw ApiException.BadRequest($"invalid filter 'exited={text}'");

    private static bool IsRunning(ContainerSnapshot container) => container.Status is ContainerStatus.Running or ContainerStatus.Paused;

    private DateTimeOffset CreatedOf(string container) => containers.Inspect(container).Created;
}
