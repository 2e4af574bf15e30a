using MicroVm.Api.Streams;
using MicroVm.Cli.Http;
using MicroVm.Cli.Interop;
using MicroVm.Cli.Streams;
using MicroVm.Cli.Terminal;

namespace MicroVm.Cli.Containers;

/// <summary>Our standard streams, connected to those of a process in a container.</summary>
/// <param name="connection">Carries our input, raw.</param>
/// <param name="output">The same connection's answer.</param>
/// <param name="resize">Tells the size of our terminal.</param>
internal sealed class ProcessStreams(EngineConnection connection, EngineResponse output, AttachRequest request, Action<TerminalSize> resize)
{
    /// <summary>Sends a signal that we get on to the process; used where the request asks for it.</summary>
    internal Action<string>? Forward { get; init; }

    /// <summary>Copies until the process's output ends or the user detaches.</summary>
    /// <param name="started">Called with the streams connected: starts the process.</param>
    /// <param name="firstOutput">Called before the first byte.</param>
    /// <returns>False: the user has detached.</returns>
    internal bool Copy(Action started, Action? firstOutput = null)
    {
        FileDescriptor input = FileDescriptor.StandardInput;
        bool interactive = request is { Stdin: true, Terminal: true } && input.IsTerminal;
        using SignalProxy? proxy = request.ProxySignals ? new SignalProxy(Forward!, request.Terminal) : null;
        using RawMode? raw = interactive ? RawMode.Enter(input, signalsEnd: !request.ProxySignals) : null;
        InputPump? pump = request.Stdin
            ? new InputPump(input, connection.Socket, interactive ? new EscapeScanner(request.DetachKeys.Keys) : null)
            : null;
        pump?.Start();
        started();
        if (request is { Redraw: true, Terminal: true } && WindowWatcher.Current is { } size)
        {
            resize(new TerminalSize(size.Rows + 1, size.Columns + 1));
        }

        using WindowWatcher? window = request.Terminal ? WindowWatcher.Start(resize) : null;
        CopyOutput(firstOutput);
        return pump is not { Detached: true };
    }

    private void CopyOutput(Action? firstOutput)
    {
        FileDescriptor? standardOutput = request.Stdout ? FileDescriptor.StandardOutput : null;
        FileDescriptor? standardError = request.Stderr ? FileDescriptor.StandardError : null;
        if (request.Terminal)
        {
            RawCopy.Copy(output, standardOutput ?? standardError, firstOutput);
        }
        else
        {
            new FrameDemultiplexer(standardOutput, standardError).Copy(output, firstOutput);
        }
    }
}
