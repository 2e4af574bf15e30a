using System.Runtime.InteropServices;
using MicroVm.Cli.Interop;

namespace MicroVm.Cli.Terminal;

/// <summary>Tells the terminal's size at once and after every change (SIGWINCH).</summary>
internal sealed class WindowWatcher : IDisposable
{
    private readonly Action<TerminalSize> _changed;
    private readonly PosixSignalRegistration _registration;

    private WindowWatcher(Action<TerminalSize> changed)
    {
        _changed = changed;
        _registration = PosixSignalRegistration.Create(PosixSignal.SIGWINCH, _ => Tell());
    }

    internal static WindowWatcher Start(Action<TerminalSize> changed)
    {
        var watcher = new WindowWatcher(changed);
        watcher.Tell();
        return watcher;
    }

    /// <summary>Of the terminal that shows the output, else of the one that input comes from.</summary>
    internal static TerminalSize? Current =>
        TerminalSize.Of(FileDescriptor.StandardOutput) ?? TerminalSize.Of(FileDescriptor.StandardInput);

    public void Dispose() => _registration.Dispose();

    private void Tell()
    {
        if (Current is { } size)
        {
            _changed(size);
        }
    }
}
