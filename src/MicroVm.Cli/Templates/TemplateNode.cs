namespace MicroVm.Cli.Templates;

/// <summary>A parsed piece of a template.</summary>
internal abstract record TemplateNode;

internal sealed record TextNode(string Text) : TemplateNode;

/// <summary>{{ pipeline }}</summary>
internal sealed record OutputNode(Pipeline Value) : TemplateNode;

/// <summary>{{ if }}, {{ with }} (the value becomes the dot) and {{ range }} (each element does).</summary>
internal sealed record BlockNode(BlockKind Kind, Pipeline Value, IReadOnlyList<TemplateNode> Body, IReadOnlyList<TemplateNode> Else)
    : TemplateNode;

internal enum BlockKind
{
    If,
    With,
    Range,
}

/// <summary>Commands joined by |: the value of each is the last argument of the next.</summary>
internal sealed record Pipeline(IReadOnlyList<PipelineCommand> Commands);

/// <param name="Function">Null: the only argument is the value.</param>
internal sealed record PipelineCommand(string? Function, IReadOnlyList<TemplateArgument> Arguments);

internal abstract record TemplateArgument;

/// <summary>.A.B, or $.A.B from the root.</summary>
internal sealed record PathArgument(bool FromRoot, IReadOnlyList<string> Names) : TemplateArgument;

internal sealed record TextArgument(string Text) : TemplateArgument;

internal sealed record NumberArgument(long Number) : TemplateArgument;

internal sealed record NestedArgument(Pipeline Value, IReadOnlyList<string> Names) : TemplateArgument;
