using System.Buffers.Text;
using System.Collections;
using System.Text;
using MicroVm.Cli.Http;
using MicroVm.Cli.Images;
using MicroVm.Cli.Json;
using MicroVm.Cli.Values;

namespace MicroVm.Cli.Builds;

/// <summary>The request line and the headers of a build.</summary>
internal static class BuildQuery
{
    /// <param name="dockerfile">Its path in the context.</param>
    /// <param name="remote">Empty: the context is sent along.</param>
    internal static string Path(BuildOptions options, string dockerfile, string remote)
    {
        var query = new StringBuilder("/build?version=1");
        Add(query, "dockerfile", dockerfile);
        Add(query, "remote", remote);
        options.Names.ForEach(name => Add(query, "t", name));
        options.ExtraHosts.ForEach(host => Add(query, "extrahosts", host));
        Add(query, "networkmode", options.Network);
        Add(query, "platform", options.Platform);
        Add(query, "target", options.Target);
        AddNumber(query, "memory", options.Memory);
        AddNumber(query, "shmsize", options.ShmSize);
        AddNumber(query, "cpuperiod", options.CpuPeriod);
        AddNumber(query, "cpuquota", options.CpuQuota);
        AddFlag(query, "forcerm", options.ForceRemove);
        AddFlag(query, "nocache", options.NoCache);
        AddFlag(query, "pull", options.Pull);
        AddFlag(query, "q", options.Quiet);
        query.Append(options.Remove ? "&rm=1" : "&rm=0");
        AddDocuments(query, options);
        return query.ToString();
    }

    /// <summary>X-Registry-Config: all that logins have left, as any registry may be asked for a base.</summary>
    internal static string Headers()
    {
        List<(string Registry, string User, string Password)> logins = LoginFile.All();
        if (logins.Count == 0)
        {
            return "";
        }

        var json = new JsonBuilder();
        json.StartObject();
        foreach ((string registry, string user, string password) in logins)
        {
            json.StartObject(registry);
            json.Text("username", user);
            json.Text("password", password);
            json.Text("serveraddress", registry);
            json.EndObject();
        }

        json.EndObject();
        return $"X-Registry-Config: {Base64Url.EncodeToString(json.ToUtf8())}\r\n";
    }

    private static void AddDocuments(StringBuilder query, BuildOptions options)
    {
        AddJson(query, "buildargs", options.Arguments, json => Pairs(json, options.Arguments, nullAllowed: true));
        AddJson(query, "labels", options.Labels, json => Pairs(json, options.Labels, nullAllowed: false));
        AddJson(query, "cachefrom", options.CacheFrom, json => Sources(json, options.CacheFrom));
        AddJson(query, "ulimits", options.Ulimits, json => Limits(json, options.Ulimits.Values));
    }

    /// <summary>A name without a value is one that the environment does not have.</summary>
    private static void Pairs(JsonBuilder json, List<string> pairs, bool nullAllowed)
    {
        var values = new Dictionary<string, string?>();
        foreach (string pair in pairs)
        {
            int equals = pair.IndexOf('=', StringComparison.Ordinal);
            values[equals < 0 ? pair : pair[..equals]] = equals < 0 ? null : pair[(equals + 1)..];
        }

        json.StartObject();
        foreach ((string name, string? value) in values)
        {
            if (value is not null || !nullAllowed)
            {
                json.Text(name, value ?? "");
            }
        }

        json.EndObject();
    }

    private static void Sources(JsonBuilder json, List<string> images)
    {
        json.StartArray();
        images.ForEach(json.Text);
        json.EndArray();
    }

    private static void Limits(JsonBuilder json, IEnumerable<Ulimit> limits)
    {
        json.StartArray();
        foreach (Ulimit limit in limits)
        {
            json.StartObject();
            json.Text("Name", limit.Name);
            json.Number("Soft", limit.Soft);
            json.Number("Hard", limit.Hard);
            json.EndObject();
        }

        json.EndArray();
    }

    private static void AddJson(StringBuilder query, string name, ICollection given, Action<JsonBuilder> write)
    {
        if (given.Count > 0)
        {
            var json = new JsonBuilder();
            write(json);
            Add(query, name, Encoding.UTF8.GetString(json.ToUtf8()));
        }
    }

    private static void Add(StringBuilder query, string name, string value)
    {
        if (value.Length > 0)
        {
            query.Append('&').Append(name).Append('=').Append(Percent.Encode(value));
        }
    }

    private static void AddNumber(StringBuilder query, string name, long value) => Add(query, name, value == 0 ? "" : WholeNumber.Format(value));

    private static void AddFlag(StringBuilder query, string name, bool value) => Add(query, name, value ? "1" : "");
}
