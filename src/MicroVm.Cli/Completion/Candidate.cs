namespace MicroVm.Cli.Completion;

/// <summary>One word that may stand where the cursor is.</summary>
/// <param name="Value">The whole word.</param>
/// <param name="Description">Shown beside it where the shell can; may be empty.</param>
internal sealed record Candidate(string Value, string Description = "");
