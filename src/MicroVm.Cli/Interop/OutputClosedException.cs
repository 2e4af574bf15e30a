namespace MicroVm.Cli.Interop;

/// <summary>Whoever read our standard output or standard error went away.</summary>
internal sealed class OutputClosedException : IOException;
