using System.Text.Json;
using MicroVm.Api;
using MicroVm.Api.Networks;
using MicroVm.Cli.Arguments;
using MicroVm.Cli.Output;

namespace MicroVm.Cli.Commands;

/// <summary><c>network create</c>: prints the new network's id.</summary>
internal sealed class NetworkCreateCommand : Command
{
    private readonly Dictionary<string, string> _auxiliary = [];
    private readonly Dictionary<string, string> _options = [];
    private readonly Dictionary<string, string?> _labels = [];
    private string _driver = "bridge";
    private string? _subnet;
    private string? _range;
    private string? _gateway;
    private bool _attachable;
    private bool _internal;
    private bool _ipv6;

    internal override void Define(FlagSet flags)
    {
        flags.Switch("attachable", '\0', "Enable manual container attachment", value => _attachable = value);
        flags.Text("aux-address", '\0', "Auxiliary IPv4 addresses that no container gets (name=address)", value => FlagValues.AddPair(_auxiliary, value, "aux-address"), "map");
        flags.Text("driver", 'd', "Driver to manage the Network (default \"bridge\")", value => _driver = value);
        flags.Text("gateway", '\0', "IPv4 Gateway for the subnet", value => _gateway = value);
        flags.Switch("internal", '\0', "Restrict external access to the network", value => _internal = value);
        flags.Text("ip-range", '\0', "Allocate container ip from a sub-range", value => _range = value);
        flags.Switch("ipv6", '\0', "Enable IPv6 address assignment", value => _ipv6 = value);
        flags.Text("label", '\0', "Set metadata on a network", AddLabel, "list");
        flags.Text("opt", 'o', "Set driver specific options", AddOption, "map");
        flags.Text("subnet", '\0', "Subnet in CIDR format that represents a network segment", value => _subnet = value);
    }

    internal override int Execute(CommandContext context, List<string> operands)
    {
        byte[] body = JsonSerializer.SerializeToUtf8Bytes(Request(operands[0]), ApiJsonContext.Api.NetworkCreateRequest);
        byte[] answer = context.Client.Request("POST", "/networks/create", body);
        NetworkCreateResponse created = JsonSerializer.Deserialize(answer, ApiJsonContext.Api.NetworkCreateResponse)!;
        if (!string.IsNullOrEmpty(created.Warning))
        {
            context.Error.WriteLine("WARNING: " + SafeText.OneLine(created.Warning)).Flush();
        }

        context.Out.WriteLine(created.Id);
        return ExitCodes.Success;
    }

    private NetworkCreateRequest Request(string name) => new()
    {
        Name = name,
        Driver = _driver,
        Internal = _internal,
        Attachable = _attachable,
        EnableIPv6 = _ipv6,
        Options = _options.ToDictionary(option => option.Key, option => (string?)option.Value),
        Labels = _labels,
        IPAM = new()
        {
            Config = (_subnet ?? _range ?? _gateway) is null && _auxiliary.Count == 0
                ? []
                : [new() { Subnet = _subnet, IPRange = _range, Gateway = _gateway, AuxiliaryAddresses = _auxiliary.Count > 0 ? _auxiliary : null }],
        },
    };

    private void AddLabel(string pair)
    {
        string[] parts = FlagValues.Label(pair).Split('=', 2);
        _labels[parts[0]] = parts.Length > 1 ? parts[1] : "";
    }

    /// <summary>One without a value is on.</summary>
    private void AddOption(string pair)
    {
        string[] parts = pair.Split('=', 2);
        _options[parts[0]] = parts.Length > 1 ? parts[1] : "";
    }
}
