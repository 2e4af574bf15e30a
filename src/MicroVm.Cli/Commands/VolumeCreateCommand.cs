using System.Text.Json;
using MicroVm.Api;
using MicroVm.Api.Volumes;
using MicroVm.Cli.Arguments;

namespace MicroVm.Cli.Commands;

/// <summary><c>volume create</c>.</summary>
internal sealed class VolumeCreateCommand : Command
{
    private readonly Dictionary<string, string?> _labels = [];
    private readonly Dictionary<string, string> _options = [];
    private string _driver = "local";

    internal override void Define(FlagSet flags)
    {
        flags.Text("driver", 'd', "Specify volume driver name (default \"local\")", value => _driver = value);
        flags.Text("label", '\0', "Set metadata for a volume", value => AddLabel(FlagValues.Label(value)), "list");
        flags.Text("opt", 'o', "Set driver specific options", value => FlagValues.AddPair(_options, value, "opt"), "map");
    }

    internal override int Execute(CommandContext context, List<string> operands)
    {
        VolumeCreateRequest request = new()
        {
            Name = operands.Count > 0 ? operands[0] : "",
            Driver = _driver,
            DriverOpts = _options.ToDictionary(option => option.Key, option => (string?)option.Value),
            Labels = _labels,
        };
        byte[] body = JsonSerializer.SerializeToUtf8Bytes(request, ApiJsonContext.Api.VolumeCreateRequest);
        byte[] answer = context.Client.Request("POST", "/volumes/create", body);
        context.Out.WriteLine(JsonSerializer.Deserialize(answer, ApiJsonContext.Api.VolumeDocument)!.Name);
        return ExitCodes.Success;
    }

    private void AddLabel(string label)
    {
        int equals = label.IndexOf('=', StringComparison.Ordinal);
        _labels[equals < 0 ? label : label[..equals]] = equals < 0 ? "" : label[(equals + 1)..];
    }
}
