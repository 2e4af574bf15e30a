namespace MicroVm.Engine.Builds;

/// <summary>ARG: what was declared where, and what the client gave (https://docs.docker.com/reference/dockerfile, ARG).</summary>
internal sealed class BuildArguments(IReadOnlyDictionary<string, string?> given)
{
    private static readonly string[] s_proxies =
        ["HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "FTP_PROXY", "ftp_proxy", "NO_PROXY", "no_proxy", "ALL_PROXY", "all_proxy"];

    private static readonly Dictionary<string, string> s_platform = new()
    {
        ["TARGETPLATFORM"] = "linux/amd64",
        ["TARGETOS"] = "linux",
        ["TARGETARCH"] = "amd64",
        ["TARGETVARIANT"] = "",
        ["BUILDPLATFORM"] = "linux/amd64",
        ["BUILDOS"] = "linux",
        ["BUILDARCH"] = "amd64",
        ["BUILDVARIANT"] = "",
    };

    private readonly Dictionary<string, string?> _global = [];
    private readonly SortedDictionary<string, string?> _stage = new(StringComparer.Ordinal);
    private readonly HashSet<string> _declared = [];

    /// <summary>What was given and nowhere declared, sorted.</summary>
    public IReadOnlyList<string> Unused =>
        [.. given.Keys.Where(name => !_declared.Contains(name) && !s_proxies.Contains(name)).Order(StringComparer.Ordinal)];

    public void AddGlobal(string name, string? value)
    {
        _declared.Add(name);
        _global[name] = Given(name) ?? value;
    }

    /// <summary>A stage knows only what it declares itself.</summary>
    public void BeginStage() => _stage.Clear();

    /// <param name="value">Its default; null: that of the same argument before the first FROM, if any.</param>
    public void Add(string name, string? value)
    {
        _declared.Add(name);
        _stage[name] = Given(name) ?? value ?? _global.GetValueOrDefault(name) ?? s_platform.GetValueOrDefault(name);
    }

    /// <summary>As FROM sees it.</summary>
    public string? Global(string name) => _global.GetValueOrDefault(name) ?? s_platform.GetValueOrDefault(name);

    /// <summary>As a stage's instructions see it.</summary>
    public string? Find(string name) => _stage.TryGetValue(name, out string? value) ? value : s_proxies.Contains(name) ? Given(name) : null;

    /// <summary>What a RUN has in its environment beside the image's, sorted.</summary>
    public IReadOnlyList<string> ForRun(IReadOnlyList<string> environment) => Without(environment, [.. _stage, .. Proxies()]);

    /// <summary>Of these, what a RUN's result depends on: proxies only where the stage declares them.</summary>
    public IReadOnlyList<string> ForCache(IReadOnlyList<string> environment) => Without(environment, _stage);

    private IEnumerable<KeyValuePair<string, string?>> Proxies() =>
        s_proxies.Where(name => !_stage.ContainsKey(name)).Select(name => KeyValuePair.Create(name, Given(name)));

    private static List<string> Without(IReadOnlyList<string> environment, IEnumerable<KeyValuePair<string, string?>> variables)
    {
        HashSet<string> set = [.. environment.Select(variable => variable.Split('=', 2)[0])];
        return [.. variables.Where(pair => pair.Value is not null && !set.Contains(pair.Key)).Select(pair => $"{pair.Key}={pair.Value}").Order(StringComparer.Ordinal)];
    }

    private string? Given(string name) => given.GetValueOrDefault(name);
}
