using System.Globalization;
using System.Text.Json;

namespace MicroVm.Cli.Templates;

/// <summary>Recursive descent over the pieces of a template.</summary>
internal sealed class TemplateParser(List<TemplateLexer.Piece> pieces)
{
    private const int MaximumDepth = 100;

    private int _next;
    private int _depth;

    internal IReadOnlyList<TemplateNode> ParseAll()
    {
        List<TemplateNode> nodes = ParseUntil(out string? end);
        return end is null ? nodes : throw new TemplateException($"unexpected {{{{{end}}}}}");
    }

    /// <param name="end">The else or end that closed the list; null: the template ended.</param>
    private List<TemplateNode> ParseUntil(out string? end)
    {
        var nodes = new List<TemplateNode>();
        while (_next < pieces.Count)
        {
            (bool isAction, string text) = pieces[_next++];
            if (!isAction)
            {
                nodes.Add(new TextNode(text));
                continue;
            }

            List<string> tokens = TemplateLexer.Tokens(text);
            if (tokens.Count > 0 && tokens[0] is "end" or "else")
            {
                end = text;
                return nodes;
            }

            nodes.Add(ParseAction(tokens));
        }

        end = null;
        return nodes;
    }

    private TemplateNode ParseAction(List<string> tokens)
    {
        BlockKind? kind = tokens.Count == 0 ? throw new TemplateException("missing value for command") : tokens[0] switch
        {
            "if" => BlockKind.If,
            "with" => BlockKind.With,
            "range" => BlockKind.Range,
            _ => null,
        };
        return kind is { } block ? ParseBlock(block, tokens[1..]) : new OutputNode(ParsePipeline(tokens));
    }

    private BlockNode ParseBlock(BlockKind kind, List<string> condition)
    {
        if (++_depth > MaximumDepth)
        {
            throw new TemplateException("nested too deeply");
        }

        Pipeline value = ParsePipeline(condition);
        List<TemplateNode> body = ParseUntil(out string? end);
        List<TemplateNode> otherwise = [];
        if (end == "else")
        {
            otherwise = ParseUntil(out end);
        }
        else if (end is not null && end.StartsWith("else if ", StringComparison.Ordinal))
        {
            // The nested block takes the end.
            otherwise = [ParseBlock(BlockKind.If, TemplateLexer.Tokens(end["else if ".Length..]))];
            end = "end";
        }

        _depth--;
        return end == "end" ? new BlockNode(kind, value, body, otherwise) : throw new TemplateException("unexpected EOF");
    }

    private static Pipeline ParsePipeline(List<string> tokens)
    {
        int position = 0;
        Pipeline pipeline = ParsePipeline(tokens, ref position, 0);
        return position == tokens.Count ? pipeline : throw new TemplateException($"unexpected \"{tokens[position]}\" in command");
    }

    private static Pipeline ParsePipeline(List<string> tokens, ref int position, int depth)
    {
        if (depth > MaximumDepth)
        {
            throw new TemplateException("nested too deeply");
        }

        var commands = new List<PipelineCommand>();
        do
        {
            commands.Add(ParseCommand(tokens, ref position, depth));
        }
        while (position < tokens.Count && tokens[position] == "|" && ++position > 0);

        return new Pipeline(commands);
    }

    private static PipelineCommand ParseCommand(List<string> tokens, ref int position, int depth)
    {
        string? function = null;
        if (position < tokens.Count && char.IsAsciiLetter(tokens[position][0]) && tokens[position] is not ("true" or "false" or "nil"))
        {
            function = TemplateFunctions.Known.Contains(tokens[position])
                ? tokens[position++]
                : throw new TemplateException($"function \"{tokens[position]}\" not defined");
        }

        var arguments = new List<TemplateArgument>();
        while (position < tokens.Count && tokens[position] is not (")" or "|"))
        {
            arguments.Add(ParseArgument(tokens, ref position, depth));
        }

        bool valid = function is not null || arguments.Count == 1 || IsLabelCall(arguments);
        return valid ? new PipelineCommand(function, arguments) : throw new TemplateException("missing value for command");
    }

    // The one method of Docker's rows: .Label "key".
    private static bool IsLabelCall(List<TemplateArgument> arguments) =>
        arguments is [PathArgument { Names: [.., "Label"] }, TextArgument];

    private static TemplateArgument ParseArgument(List<string> tokens, ref int position, int depth)
    {
        string token = tokens[position++];
        if (token == "(")
        {
            Pipeline nested = ParsePipeline(tokens, ref position, depth + 1);
            if (position == tokens.Count || tokens[position++] != ")")
            {
                throw new TemplateException("unclosed left paren");
            }

            // (index .A 0).Field
            bool hasPath = position < tokens.Count && tokens[position].Length > 1 && tokens[position][0] == '.';
            return new NestedArgument(nested, hasPath ? Names(tokens[position++]) : []);
        }

        return token[0] switch
        {
            '.' => new PathArgument(false, Names(token)),
            '$' => token is "$" or ['$', '.', ..] ? new PathArgument(true, Names(token[1..])) : throw new TemplateException("variables are not supported"),
            '"' => new TextArgument(Unquote(token)),
            '`' => new TextArgument(token[1..^1]),
            _ when token is "true" or "false" => new TextArgument(token),
            _ when long.TryParse(token, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long number) => new NumberArgument(number),
            _ => throw new TemplateException($"unexpected \"{token}\" in operand"),
        };
    }

    // Go's escapes are those of JSON, but for octal and hexadecimal bytes.
    private static string Unquote(string token)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(token);
            return document.RootElement.GetString()!;
        }
        catch (JsonException)
        {
            throw new TemplateException($"malformed string {token}");
        }
    }

    private static string[] Names(string path) => path is "" or "." ? [] : path[1..].Split('.');
}
