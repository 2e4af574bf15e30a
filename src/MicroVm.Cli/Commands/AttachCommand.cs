using System.Text.Json;
using MicroVm.Api;
using MicroVm.Api.Containers;
using MicroVm.Cli.Arguments;
using MicroVm.Cli.Containers;
using MicroVm.Cli.Interop;
using MicroVm.Cli.Values;

namespace MicroVm.Cli.Commands;

internal sealed class AttachCommand : Command
{
    private DetachSequence _detachKeys = DetachSequence.Default;
    private bool _withoutInput;
    private bool _proxySignals = true;

    internal override void Define(FlagSet flags)
    {
        flags.Text("detach-keys", '\0', "Override the key sequence for detaching a container", value => _detachKeys = DetachSequence.Parse(value));
        flags.Switch("no-stdin", '\0', "Do not attach STDIN", value => _withoutInput = value);
        flags.Switch("sig-proxy", '\0', "Proxy all received signals to the process (default true)", value => _proxySignals = value);
    }

    internal override int Execute(CommandContext context, List<string> operands)
    {
        byte[] answer = context.Client.Request("GET", ContainerPaths.Of(operands[0], "json"));
        ContainerInspect container = JsonSerializer.Deserialize(answer, ApiJsonContext.Api.ContainerInspect)!;
        CheckState(container.State);
        bool input = !_withoutInput && container.Config.OpenStdin;
        if (input && container.Config.Tty && !FileDescriptor.StandardInput.IsTerminal)
        {
            throw new CliException("the input device is not a TTY");
        }

        bool terminal = container.Config.Tty;
        var session = new ContainerSession(
            context.Client,
            container.Id,
            new AttachRequest(input, Stdout: true, Stderr: true, terminal, _detachKeys, _proxySignals && !terminal) { Redraw = true });
        session.Prepare(ContainerSession.UntilNotRunning);
        return session.Run(() => { });
    }

    private static void CheckState(ContainerState state)
    {
        string? problem = state switch
        {
            { Running: false } => "cannot attach to a stopped container, start it first",
            { Paused: true } => "cannot attach to a paused container, unpause it first",
            { Restarting: true } => "cannot attach to a restarting container, wait until it is running",
            _ => null,
        };
        if (problem is not null)
        {
            throw new CliException(problem);
        }
    }
}
