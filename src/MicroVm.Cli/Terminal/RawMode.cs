using System.Runtime.InteropServices;
using MicroVm.Cli.Interop;

namespace MicroVm.Cli.Terminal;

/// <summary>
/// A terminal that passes every byte through (cfmakeraw(3)) until disposed. An unhandled exception, the process's end
/// and the signals that end it restore it too.
/// </summary>
internal sealed unsafe class RawMode : IDisposable
{
    private const uint InputFlagsOff = 0x1 | 0x2 | 0x8 | 0x20 | 0x40 | 0x80 | 0x100 | 0x400; // IGNBRK … IXON
    private const uint OutputFlagsOff = 0x1; // OPOST
    private const uint LocalFlagsOff = 0x1 | 0x2 | 0x8 | 0x40 | 0x8000; // ISIG ICANON ECHO ECHONL IEXTEN
    private const uint Echo = 0x8;
    private const uint ControlFlagsOff = 0x30 | 0x100; // CSIZE PARENB
    private const uint EightBits = 0x30; // CS8
    private const int MinimumIndex = 6; // VMIN
    private const int TimeoutIndex = 5; // VTIME

    private static readonly PosixSignal[] s_endings = [PosixSignal.SIGHUP, PosixSignal.SIGINT, PosixSignal.SIGQUIT, PosixSignal.SIGTERM];

    private readonly FileDescriptor _terminal;
    private readonly Termios _before;
    private readonly List<PosixSignalRegistration> _signals = [];
    private int _restored;

    private RawMode(FileDescriptor terminal, in Termios before, bool signalsEnd)
    {
        _terminal = terminal;
        _before = before;
        foreach (PosixSignal signal in signalsEnd ? s_endings : [])
        {
            // Not cancelled: the signal's own effect follows.
            _signals.Add(PosixSignalRegistration.Create(signal, _ => Restore()));
        }

        AppDomain.CurrentDomain.UnhandledException += OnEnd;
        AppDomain.CurrentDomain.ProcessExit += OnEnd;
    }

    /// <summary>Null: it is no terminal.</summary>
    /// <param name="signalsEnd">Nobody else handles the signals that end the process.</param>
    internal static RawMode? Enter(FileDescriptor terminal, bool signalsEnd)
    {
        Termios before;
        if (Libc.GetTerminalAttributes(terminal, &before) != 0)
        {
            return null;
        }

        var mode = new RawMode(terminal, before, signalsEnd);
        Termios raw = Raw(before);
        Libc.SetTerminalAttributes(terminal, Constants.TCSADRAIN, &raw);
        return mode;
    }

    /// <summary>Lines and signals as ever, but what is typed is not shown. Null: it is no terminal.</summary>
    internal static RawMode? HideInput(FileDescriptor terminal)
    {
        Termios before;
        if (Libc.GetTerminalAttributes(terminal, &before) != 0)
        {
            return null;
        }

        var mode = new RawMode(terminal, before, signalsEnd: true);
        before.LocalFlags &= ~Echo;
        Libc.SetTerminalAttributes(terminal, Constants.TCSADRAIN, &before);
        return mode;
    }

    public void Dispose()
    {
        _signals.ForEach(signal => signal.Dispose());
        AppDomain.CurrentDomain.UnhandledException -= OnEnd;
        AppDomain.CurrentDomain.ProcessExit -= OnEnd;
        Restore();
    }

    private void Restore()
    {
        if (Interlocked.Exchange(ref _restored, 1) != 0)
        {
            return;
        }

        Termios before = _before;
        Libc.SetTerminalAttributes(_terminal, Constants.TCSADRAIN, &before);
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

    private void OnEnd(object? sender, EventArgs arguments) => Restore();
}
