using MicroVm.Cli.Arguments;
using MicroVm.Cli.Containers;
using MicroVm.Cli.Interop;
using MicroVm.Cli.Values;

namespace MicroVm.Cli.Commands;

/// <summary>create, start with the streams, exit code: as Docker's clients do it.</summary>
internal sealed class ExecCommand : Command
{
    private readonly ExecOptions _options = new();

    internal override bool Interspersed => false;

    internal override void Define(FlagSet flags)
    {
        flags.Switch("detach", 'd', "Detached mode: run command in the background", value => _options.Detached = value);
        flags.Text("detach-keys", '\0', "Override the key sequence for detaching a container", value => _options.DetachKeys = DetachSequence.Parse(value));
        flags.Text("env", 'e', "Set environment variables", value => _options.Environment.Add(FlagValues.Variable(value)), "list");
        flags.Text("env-file", '\0', "Read in a file of environment variables", value => _options.EnvironmentFiles.Add(value), "list");
        flags.Switch("interactive", 'i', "Keep STDIN open even if not attached", value => _options.Interactive = value);
        flags.Switch("privileged", '\0', "Give extended privileges to the command", value => _options.Privileged = value);
        flags.Switch("tty", 't', "Allocate a pseudo-TTY", value => _options.Terminal = value);
        flags.Text("user", 'u', "Username or UID (format: \"<name|uid>[:<group|gid>]\")", value => _options.User = value);
        flags.Text("workdir", 'w', "Working directory inside the container", value => _options.WorkingDirectory = value);
    }

    internal override int Execute(CommandContext context, List<string> operands)
    {
        if (_options is { Terminal: true, Interactive: true, Detached: false } && !FileDescriptor.StandardInput.IsTerminal)
        {
            throw new CliException("the input device is not a TTY");
        }

        _options.Command = operands[1..];
        return new ExecSession(context.Client, _options).Run(operands[0]);
    }
}
