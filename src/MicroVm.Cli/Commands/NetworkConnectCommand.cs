using System.Text.Json;
using MicroVm.Api;
using MicroVm.Api.Containers;
using MicroVm.Api.Networks;
using MicroVm.Cli.Arguments;
using MicroVm.Cli.Containers;

namespace MicroVm.Cli.Commands;

/// <summary><c>network connect</c> and <c>network disconnect</c>.</summary>
internal sealed class NetworkConnectCommand(bool connects) : Command
{
    private readonly List<string> _aliases = [];
    private string? _address;
    private bool _force;

    internal override void Define(FlagSet flags)
    {
        if (!connects)
        {
            flags.Switch("force", 'f', "Force the container to disconnect from a network", value => _force = value);
            return;
        }

        flags.Text("alias", '\0', "Add network-scoped alias for the container", value => _aliases.Add(value), "list");
        flags.Text("ip", '\0', "IPv4 address (e.g., \"172.30.100.104\")", value => _address = value);
    }

    internal override int Execute(CommandContext context, List<string> operands)
    {
        byte[] body = connects
            ? JsonSerializer.SerializeToUtf8Bytes(Request(operands[1]), ApiJsonContext.Api.NetworkConnectRequest)
            : JsonSerializer.SerializeToUtf8Bytes(new() { Container = operands[1], Force = _force }, ApiJsonContext.Api.NetworkDisconnectRequest);
        context.Client.Request("POST", ContainerPaths.OfNetwork(operands[0], connects ? "/connect" : "/disconnect"), body);
        return ExitCodes.Success;
    }

    private NetworkConnectRequest Request(string container) => new()
    {
        Container = container,
        EndpointConfig = new() { Aliases = _aliases, IPAMConfig = _address is null ? null : new EndpointIpamConfig { IPv4Address = _address } },
    };
}
