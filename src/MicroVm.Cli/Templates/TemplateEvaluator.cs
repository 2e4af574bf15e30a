using System.Text;
using System.Text.Json;

namespace MicroVm.Cli.Templates;

/// <summary>Runs a parsed template over a JSON document.</summary>
internal sealed class TemplateEvaluator(JsonElement root, StringBuilder output)
{
    internal void Run(IReadOnlyList<TemplateNode> nodes, JsonElement dot)
    {
        foreach (TemplateNode node in nodes)
        {
            switch (node)
            {
                case TextNode text: output.Append(text.Text); break;
                case OutputNode action: output.Append(TemplateFunctions.Print(Evaluate(action.Value, dot))); break;
                case BlockNode block: RunBlock(block, dot); break;
                default: throw new TemplateException("unknown node");
            }
        }
    }

    private void RunBlock(BlockNode block, JsonElement dot)
    {
        JsonElement value = Evaluate(block.Value, dot);
        if (!TemplateFunctions.IsTrue(value))
        {
            Run(block.Else, dot);
        }
        else if (block.Kind != BlockKind.Range)
        {
            Run(block.Body, block.Kind == BlockKind.With ? value : dot);
        }
        else
        {
            foreach (JsonElement element in TemplateFunctions.Elements(value))
            {
                Run(block.Body, element);
            }
        }
    }

    private JsonElement Evaluate(Pipeline pipeline, JsonElement dot)
    {
        JsonElement? piped = null;
        foreach (PipelineCommand command in pipeline.Commands)
        {
            if (command.Arguments is [PathArgument { Names: [.., "Label"] } method, TextArgument key])
            {
                piped = TemplateFunctions.Label(Walk(method.FromRoot ? root : dot, [.. method.Names.SkipLast(1), "Labels"]), key.Text);
                continue;
            }

            List<JsonElement> arguments = [.. command.Arguments.Select(argument => Evaluate(argument, dot))];
            if (piped is { } value)
            {
                arguments.Add(value);
            }

            piped = command.Function is { } function ? TemplateFunctions.Call(function, arguments)
                : arguments.Count == 1 ? arguments[0]
                : throw new TemplateException("can't give argument to non-function");
        }

        return piped!.Value;
    }

    private JsonElement Evaluate(TemplateArgument argument, JsonElement dot) => argument switch
    {
        PathArgument path => Walk(path.FromRoot ? root : dot, path.Names),
        NestedArgument nested => Walk(Evaluate(nested.Value, dot), nested.Names),
        TextArgument { Text: "true" or "false" } flag => TemplateFunctions.Boolean(flag.Text == "true"),
        TextArgument text => TemplateFunctions.Text(text.Text),
        NumberArgument number => TemplateFunctions.Number(number.Number),
        _ => throw new TemplateException("unknown argument"),
    };

    private static JsonElement Walk(JsonElement value, IReadOnlyList<string> names)
    {
        foreach (string name in names)
        {
            if (value.ValueKind == JsonValueKind.Null)
            {
                throw new TemplateException($"nil data; no entry for key \"{name}\"");
            }

            value = Member(value, name) ?? throw new TemplateException($"can't evaluate field {name}");
        }

        return value;
    }

    /// <summary>By its name, or by one that differs in case alone: Go's fields have capitals where some documents have none.</summary>
    private static JsonElement? Member(JsonElement value, string name)
    {
        if (value.ValueKind != JsonValueKind.Object)
        {
            return null;
        }

        if (value.TryGetProperty(name, out JsonElement member))
        {
            return member;
        }

        foreach (JsonProperty property in value.EnumerateObject())
        {
            if (property.Name.Equals(name, StringComparison.OrdinalIgnoreCase))
            {
                return property.Value;
            }
        }

        return null;
    }
}
