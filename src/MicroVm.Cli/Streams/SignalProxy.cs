using System.Runtime.InteropServices;
using MicroVm.Cli.Commands;

namespace MicroVm.Cli.Streams;

/// <summary>
/// Passes the signals that this process gets on to the container. Not those that are about this process itself: its
/// children (CHLD), its pipes (PIPE), its place in the shell's job control (TSTP, TTIN, TTOU), its faults.
/// </summary>
internal sealed class SignalProxy : IDisposable
{
    private const int WindowChanged = 28;
    private const int Patience = 3;

    private static readonly (int Number, string Name)[] s_signals =
    [
        (1, "HUP"), (2, "INT"), (3, "QUIT"), (10, "USR1"), (12, "USR2"), (14, "ALRM"), (15, "TERM"), (18, "CONT"),
        (24, "XCPU"), (26, "VTALRM"), (27, "PROF"), (WindowChanged, "WINCH"), (29, "IO"), (30, "PWR"),
    ];

    private readonly List<PosixSignalRegistration> _registrations = [];
    private int _terminations;

    /// <param name="forward">Called on a thread of the pool with the signal's name.</param>
    /// <param name="terminal">The container has a terminal: its size change is told by a resize instead.</param>
    internal SignalProxy(Action<string> forward, bool terminal)
    {
        foreach ((int number, string name) in s_signals)
        {
            if (terminal && number == WindowChanged)
            {
                continue;
            }

            _registrations.Add(PosixSignalRegistration.Create((PosixSignal)number, context =>
            {
                context.Cancel = true;
                forward(name);
                EndWhenAskedAgain(name);
            }));
        }
    }

    // A first process without a handler ignores both: the user must get away all the same.
    private void EndWhenAskedAgain(string name)
    {
        if (name is "INT" or "TERM" && Interlocked.Increment(ref _terminations) == Patience)
        {
            CommandLine.Report($"got {Patience} SIGTERM/SIGINTs, forcefully exiting");
            Environment.Exit(ExitCodes.Failure);
        }
    }

    public void Dispose() => _registrations.ForEach(registration => registration.Dispose());
}
