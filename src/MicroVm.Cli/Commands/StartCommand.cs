using System.Text.Json;
using MicroVm.Api;
using MicroVm.Api.Containers;
using MicroVm.Cli.Arguments;
using MicroVm.Cli.Containers;
using MicroVm.Cli.Interop;
using MicroVm.Cli.Values;

namespace MicroVm.Cli.Commands;

internal sealed class StartCommand : Command
{
    private DetachSequence _detachKeys = DetachSequence.Default;
    private bool _attach;
    private bool _interactive;

    internal override void Define(FlagSet flags)
    {
        flags.Switch("attach", 'a', "Attach STDOUT/STDERR and forward signals", value => _attach = value);
        flags.Text("detach-keys", '\0', "Override the key sequence for detaching a container", value => _detachKeys = DetachSequence.Parse(value));
        flags.Switch("interactive", 'i', "Attach container's STDIN", value => _interactive = value);
    }

    internal override int Execute(CommandContext context, List<string> operands)
    {
        if (!_attach && !_interactive)
        {
            return context.ForEach(operands, container =>
            {
                context.Client.Request("POST", ContainerPaths.Of(container, "start"));
                context.Out.WriteLine(container).Flush();
            });
        }

        return operands.Count == 1
            ? StartAttached(context, operands[0])
            : throw new CliException("you cannot start and attach multiple containers at once");
    }

    private int StartAttached(CommandContext context, string name)
    {
        byte[] answer = context.Client.Request("GET", ContainerPaths.Of(name, "json"));
        ContainerInspect container = JsonSerializer.Deserialize(answer, ApiJsonContext.Api.ContainerInspect)!;
        bool input = _interactive && container.Config.OpenStdin;
        if (input && container.Config.Tty && !FileDescriptor.StandardInput.IsTerminal)
        {
            throw new CliException("the input device is not a TTY");
        }

        var session = new ContainerSession(
            context.Client,
            container.Id,
            new AttachRequest(input, Stdout: true, Stderr: true, container.Config.Tty, _detachKeys, ProxySignals: true));
        session.Prepare(container.HostConfig.AutoRemove ? ContainerSession.UntilRemoved : ContainerSession.UntilNextExit);
        return session.Run(() => context.Client.Request("POST", ContainerPaths.Of(container.Id, "start")));
    }
}
