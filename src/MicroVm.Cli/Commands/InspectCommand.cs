using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using MicroVm.Cli.Arguments;
using MicroVm.Cli.Containers;
using MicroVm.Cli.Http;
using MicroVm.Cli.Templates;

namespace MicroVm.Cli.Commands;

/// <summary>A container of that name, else an image, else a network, else a volume. The daemon's documents as they are, in one array.</summary>
/// <param name="kind">Of which kind alone; empty: --type says.</param>
internal sealed class InspectCommand(string kind) : Command
{
    private static readonly JsonWriterOptions s_indented = new()
    {
        Indented = true,
        IndentSize = 4,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    private string _type = kind;
    private string? _format;
    private bool _size;

    internal override void Define(FlagSet flags)
    {
        flags.Text("format", 'f', "Format output: 'json' or a Go template", value => _format = value);
        if (_type.Length == 0)
        {
            flags.Switch("size", 's', "Display total file sizes if the type is container", value => _size = value);
            flags.Text("type", '\0', "Only inspect objects of the given type (container, image, network, volume)", value => _type = value);
        }
    }

    internal override int Execute(CommandContext context, List<string> operands)
    {
        if (_type is not ("" or "container" or "image" or "network" or "volume"))
        {
            throw new CliException($"unknown type: \"{_type}\": must be one of \"container\", \"image\", \"network\", \"volume\"");
        }

        GoTemplate? template = _format is { Length: > 0 } format ? GoTemplate.Parse(format == "json" ? "{{json .}}" : format) : null;
        var found = new List<JsonElement>();
        int exitCode = context.ForEach(operands, name =>
        {
            using JsonDocument document = JsonDocument.Parse(Fetch(context.Client, name));
            if (template is null)
            {
                found.Add(document.RootElement.Clone());
            }
            else
            {
                context.Out.WriteLine(template.Render(document.RootElement));
            }
        });
        if (template is null)
        {
            context.Out.WriteLine(Indent(found));
        }

        return exitCode;
    }

    private byte[] Fetch(EngineClient client, string name)
    {
        string[] paths = _type switch
        {
            "container" => [ContainerPath(name)],
            "image" => [ContainerPaths.OfImage(name, "/json")],
            "network" => [ContainerPaths.OfNetwork(name, "")],
            "volume" => [VolumePath(name)],
            _ => [ContainerPath(name), ContainerPaths.OfImage(name, "/json"), ContainerPaths.OfNetwork(name, ""), VolumePath(name)],
        };
        foreach (string path in paths)
        {
            try
            {
                return client.Request("GET", path);
            }
            catch (EngineException refused) when (refused.IsNotFound)
            {
                // Perhaps it is of the next kind.
            }
        }

        throw new CliException($"no such {(_type.Length == 0 ? "object" : _type)}: {name}");
    }

    private string ContainerPath(string name) => ContainerPaths.Of(name, _size ? "json?size=1" : "json");

    private static string VolumePath(string name) => "/volumes/" + Percent.Encode(name);

    private static string Indent(List<JsonElement> elements)
    {
        if (elements.Count == 0)
        {
            return "[]";
        }

        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer, s_indented))
        {
            json.WriteStartArray();
            elements.ForEach(element => element.WriteTo(json));
            json.WriteEndArray();
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }
}
