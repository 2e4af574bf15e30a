using MicroVm.Cli.Values;

namespace MicroVm.Cli.Containers;

/// <param name="Terminal">The container has one: its output is raw.</param>
/// <param name="DetachKeys">Only with a terminal on both sides.</param>
internal sealed record AttachRequest(bool Stdin, bool Stdout, bool Stderr, bool Terminal, DetachSequence DetachKeys, bool ProxySignals)
{
    /// <summary>The program runs already: a size that is not the last one makes it draw its screen again.</summary>
    internal bool Redraw { get; init; }
}
