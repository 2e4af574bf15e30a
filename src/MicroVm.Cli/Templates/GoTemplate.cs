using System.Text;
using System.Text.Json;

namespace MicroVm.Cli.Templates;

/// <summary>
/// The subset of Go's text/template that --format is used with: fields, pipelines, if, with, range, comparison and the
/// functions that Docker adds (json, join, split, upper, lower, title, truncate, println). No variables, no
/// definitions. See https://pkg.go.dev/text/template.
/// </summary>
internal sealed class GoTemplate
{
    private readonly IReadOnlyList<TemplateNode> _nodes;

    private GoTemplate(IReadOnlyList<TemplateNode> nodes) => _nodes = nodes;

    /// <exception cref="CliException">It does not parse.</exception>
    internal static GoTemplate Parse(string text)
    {
        try
        {
            return new GoTemplate(new TemplateParser(TemplateLexer.Split(text)).ParseAll());
        }
        catch (TemplateException wrong)
        {
            throw new CliException($"template parsing error: {wrong.Message}");
        }
    }

    /// <exception cref="CliException">A field is not there, or a function can't take its arguments.</exception>
    internal string Render(JsonElement data)
    {
        var output = new StringBuilder();
        try
        {
            new TemplateEvaluator(data, output).Run(_nodes, data);
        }
        catch (TemplateException wrong)
        {
            throw new CliException($"template: {wrong.Message}");
        }

        return output.ToString();
    }
}
