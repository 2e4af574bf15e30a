using MicroVm.Cli.Terminal;
using MicroVm.Cli.Values;

namespace MicroVm.Cli.Containers;

/// <summary>What <c>exec</c> was asked for.</summary>
internal sealed class ExecOptions
{
    internal List<string> Command { get; set; } = [];

    internal List<string> Environment { get; } = [];

    internal List<string> EnvironmentFiles { get; } = [];

    internal string WorkingDirectory { get; set; } = "";

    internal string User { get; set; } = "";

    internal bool Privileged { get; set; }

    internal bool Interactive { get; set; }

    internal bool Terminal { get; set; }

    internal bool Detached { get; set; }

    internal DetachSequence DetachKeys { get; set; } = DetachSequence.Default;

    /// <summary>Where the output goes to a terminal, of what size.</summary>
    internal TerminalSize? Size => Terminal && !Detached ? WindowWatcher.Current : null;

    internal AttachRequest Streams => new(Interactive, Stdout: true, Stderr: true, Terminal, DetachKeys, ProxySignals: false);
}
