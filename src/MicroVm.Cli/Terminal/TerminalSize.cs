using MicroVm.Cli.Interop;

namespace MicroVm.Cli.Terminal;

/// <summary>Character cells of a terminal.</summary>
internal readonly record struct TerminalSize(int Rows, int Columns)
{
    /// <summary>Null: not a terminal, or one that does not know.</summary>
    internal static unsafe TerminalSize? Of(FileDescriptor terminal)
    {
        WindowSize size;
        return Libc.GetWindowSize(terminal, Constants.TIOCGWINSZ, &size) == 0 && size.Rows > 0 && size.Columns > 0
            ? new TerminalSize(size.Rows, size.Columns)
            : null;
    }
}
