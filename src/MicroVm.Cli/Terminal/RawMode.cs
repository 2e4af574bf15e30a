using MicroVm.Cli.Interop;

namespace MicroVm.Cli.Terminal;

/// <summary>
/// A terminal that passes every byte through (cfmakeraw(3)) until disposed. An unhandled exception and the process's
/// end restore it too; a signal does, because every handler that ends the process restores first.
/// </summary>
internal sealed unsafe class RawMode : IDisposable
{
    private const uint InputFlagsOff = 0x1 | 0x2 | 0x8 | 0x20 | 0x40 | 0x80 | 0x100 | 0x400; // IGNBRK … IXON
    private const uint OutputFlagsOff = 0x1; // OPOST
    private const uint LocalFlagsOff = 0x1 | 0x2 | 0x8 | 0x40 | 0x8000; // ISIG ICANON ECHO ECHONL IEXTEN
    private const uint ControlFlagsOff = 0x30 | 0x100; // CSIZE PARENB
    private const uint EightBits = 0x30; // CS8
    private const int MinimumIndex = 6; // VMIN
    private const int TimeoutIndex = 5; // VTIME

    private readonly FileDescriptor _terminal;
    private readonly Termios _before;
    private int _restored;

    private RawMode(FileDescriptor terminal, in Termios before)
    {
        _terminal = terminal;
        _before = before;
        AppDomain.CurrentDomain.UnhandledException += OnEnd;
        AppDomain.CurrentDomain.ProcessExit += OnEnd;
    }

    /// <summary>Null: it is no terminal.</summary>
    internal static RawMode? Enter(FileDescriptor terminal)
    {
        Termios before;
        if (Libc.GetTerminalAttributes(terminal, &before) != 0)
        {
            return null;
        }

        var mode = new RawMode(terminal, before);
        Termios raw = Raw(before);
        Libc.SetTerminalAttributes(terminal, Constants.TCSADRAIN, &raw);
        return mode;
    }

    public void Dispose()
    {
        if (Interlocked.Exchange(ref _restored, 1) != 0)
        {
            return;
        }

        Termios before = _before;
        Libc.SetTerminalAttributes(_terminal, Constants.TCSADRAIN, &before);
        AppDomain.CurrentDomain.UnhandledException -= OnEnd;
        AppDomain.CurrentDomain.ProcessExit -= OnEnd;
    }

    private static Termios Raw(Termios attributes)
    {
        attributes.InputFlags &= ~InputFlagsOff;
        attributes.OutputFlags &= ~OutputFlagsOff;
        attributes.LocalFlags &= ~LocalFlagsOff;
        attributes.ControlFlags = (attributes.ControlFlags & ~ControlFlagsOff) | EightBits;
        attributes.ControlCharacters[MinimumIndex] = 1;
        attributes.ControlCharacters[TimeoutIndex] = 0;
        return attributes;
    }

    private void OnEnd(object? sender, EventArgs arguments) => Dispose();
}
