using MicroVm.Api.Containers;

namespace MicroVm.Cli.Json;

/// <summary>
/// The answer of <c>GET /containers/json</c>, read without the base library's serializer: what it has compiled at run time takes longer
/// than all the rest of <c>ps</c>.
/// </summary>
internal static class ContainerSummaries
{
    internal static List<ContainerSummary> Read(ReadOnlySpan<byte> answer)
    {
        var summaries = new List<ContainerSummary>();
        foreach (Range element in JsonMembers.Elements(answer))
        {
            summaries.Add(Summary(answer[element]));
        }

        return summaries;
    }

    private static ContainerSummary Summary(ReadOnlySpan<byte> json)
    {
        ContainerSummary summary = new();
        for (JsonMembers.Reader members = new(json); members.MoveNext();)
        {
            summary = With(summary, members.Name, members.Value);
        }

        return summary;
    }

    private static ContainerSummary With(ContainerSummary summary, string? name, ReadOnlySpan<byte> value) => name switch
    {
        "Id" => summary with { Id = Text(value) },
        "Names" => summary with { Names = JsonMembers.Texts(value) },
        "Image" => summary with { Image = Text(value) },
        "Command" => summary with { Command = Text(value) },
        "Created" => summary with { Created = JsonMembers.Long(value) ?? 0 },
        "Ports" => summary with { Ports = Ports(value) },
        "SizeRw" => summary with { SizeRw = JsonMembers.Long(value) },
        "SizeRootFs" => summary with { SizeRootFs = JsonMembers.Long(value) },
        "Labels" => summary with { Labels = Labels(value) },
        "State" => summary with { State = Text(value) },
        "Status" => summary with { Status = Text(value) },
        "NetworkSettings" when JsonMembers.IsObject(value) => summary with { NetworkSettings = new(Networks(JsonMembers.Find(value, "Networks"))) },
        "Mounts" => summary with { Mounts = Mounts(value) },
        _ => summary,
    };

    private static string Text(ReadOnlySpan<byte> value) => JsonMembers.Text(value) ?? "";

    private static Dictionary<string, string> Labels(ReadOnlySpan<byte> json)
    {
        var labels = new Dictionary<string, string>();
        if (JsonMembers.IsObject(json))
        {
            for (JsonMembers.Reader members = new(json); members.MoveNext();)
            {
                labels[members.Name ?? ""] = Text(members.Value);
            }
        }

        return labels;
    }

    private static Dictionary<string, EndpointSettings> Networks(ReadOnlySpan<byte> json)
    {
        var networks = new Dictionary<string, EndpointSettings>();
        if (JsonMembers.IsObject(json))
        {
            for (JsonMembers.Reader members = new(json); members.MoveNext();)
            {
                networks[members.Name ?? ""] = new();
            }
        }

        return networks;
    }

    private static List<ContainerPort> Ports(ReadOnlySpan<byte> json)
    {
        var ports = new List<ContainerPort>();
        foreach (Range element in JsonMembers.Elements(json))
        {
            ports.Add(Port(json[element]));
        }

        return ports;
    }

    private static ContainerPort Port(ReadOnlySpan<byte> json) => new()
    {
        IP = JsonMembers.Text(JsonMembers.Find(json, "IP")),
        PrivatePort = JsonMembers.Integer(JsonMembers.Find(json, "PrivatePort")) ?? 0,
        PublicPort = JsonMembers.Integer(JsonMembers.Find(json, "PublicPort")) ?? 0,
        Type = Text(JsonMembers.Find(json, "Type")),
    };

    private static List<MountPoint> Mounts(ReadOnlySpan<byte> json)
    {
        var mounts = new List<MountPoint>();
        foreach (Range element in JsonMembers.Elements(json))
        {
            ReadOnlySpan<byte> mount = json[element];
            mounts.Add(new()
            {
                Name = JsonMembers.Text(JsonMembers.Find(mount, "Name")),
                Source = Text(JsonMembers.Find(mount, "Source")),
                Driver = JsonMembers.Text(JsonMembers.Find(mount, "Driver")),
            });
        }

        return mounts;
    }
}
