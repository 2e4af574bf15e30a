namespace MicroVm.Cli.Templates;

/// <summary>A --format is wrong: what, without "template parsing error".</summary>
internal sealed class TemplateException(string message) : Exception(message);
