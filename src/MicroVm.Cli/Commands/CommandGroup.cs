namespace MicroVm.Cli.Commands;

/// <summary>Docker's management commands: <c>container ls</c>.</summary>
/// <param name="Verbs">What follows the name.</param>
internal sealed record CommandGroup(string Name, string Summary, string[] Verbs);
