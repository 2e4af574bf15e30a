using MicroVm.Cli.Http;
using MicroVm.Cli.Json;

namespace MicroVm.Cli.Completion;

/// <summary>
/// What the daemon has, asked briefly: a daemon that does not run is not started, and one that is slow to answer leaves the
/// list empty rather than the shell waiting.
/// </summary>
/// <param name="host">-H; null: MVM_HOST, else the user's default.</param>
internal sealed class LiveObjects(string? host)
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(2);

    /// <param name="suits">Of a container's state, as the API names it.</param>
    internal Candidates Containers(Predicate<string> suits)
    {
        var names = new Candidates();
        byte[] list = Ask("/containers/json?all=1");
        foreach (Range element in JsonMembers.Elements(list))
        {
            ReadOnlySpan<byte> container = list.AsSpan(element);
            if (suits(Text(container, "State")))
            {
                string description = $"{Text(container, "Image")}, {Text(container, "Status")}";
                JsonMembers.Texts(JsonMembers.Find(container, "Names")).ForEach(name => names.Add(name.TrimStart('/'), description));
            }
        }

        return names;
    }

    /// <summary>Every name of every image; <c>latest</c> also without its tag.</summary>
    internal Candidates Images()
    {
        const string Latest = ":latest";
        var names = new Candidates();
        byte[] list = Ask("/images/json");
        foreach (Range element in JsonMembers.Elements(list))
        {
            foreach (string name in JsonMembers.Texts(JsonMembers.Find(list.AsSpan(element), "RepoTags")))
            {
                names.Add(name);
                if (name.EndsWith(Latest, StringComparison.Ordinal))
                {
                    names.Add(name[..^Latest.Length]);
                }
            }
        }

        return names;
    }

    internal Candidates Networks()
    {
        var names = new Candidates();
        byte[] list = Ask("/networks");
        foreach (Range element in JsonMembers.Elements(list))
        {
            ReadOnlySpan<byte> network = list.AsSpan(element);
            names.Add(Text(network, "Name"), Text(network, "Driver"));
        }

        return names;
    }

    internal Candidates Volumes()
    {
        var names = new Candidates();
        byte[] list = Ask("/volumes");
        ReadOnlySpan<byte> volumes = list.Length == 0 ? [] : JsonMembers.Find(list, "Volumes");
        foreach (Range element in JsonMembers.Elements(volumes))
        {
            names.Add(Text(volumes[element], "Name"));
        }

        return names;
    }

    private byte[] Ask(string path)
    {
        EngineEndpoint endpoint = EngineEndpoint.Resolve(host) with { IsDefault = false };
        Task<byte[]> answer = Task.Run(() => new EngineClient(endpoint).Request("GET", path));
        try
        {
            return answer.Wait(s_patience) ? answer.Result : [];
        }
        catch (AggregateException)
        {
            return [];
        }
    }

    private static string Text(ReadOnlySpan<byte> json, string name) => JsonMembers.Text(JsonMembers.Find(json, name)) ?? "";
}
