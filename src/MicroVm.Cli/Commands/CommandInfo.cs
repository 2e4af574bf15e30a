namespace MicroVm.Cli.Commands;

/// <summary>What the top-level help and the checks of operands need to know of a command, without loading it.</summary>
/// <param name="Operands">After <c>[OPTIONS]</c> in the usage line.</param>
/// <param name="Minimum">Operands needed.</param>
/// <param name="Maximum">Operands allowed.</param>
internal sealed record CommandInfo(string Name, string Operands, string Summary, int Minimum, int Maximum = int.MaxValue)
{
    /// <summary>Shown first in the top-level help.</summary>
    internal bool IsCommon { get; init; }
}
