using MicroVm.Cli.Arguments;
using MicroVm.Cli.Copies;
using MicroVm.Cli.Interop;
using MicroVm.Cli.Output;

namespace MicroVm.Cli.Commands;

internal sealed class CpCommand : Command
{
    private bool _archive;
    private bool _follow;
    private bool _quiet;

    internal override void Define(FlagSet flags)
    {
        flags.Switch("archive", 'a', "Archive mode (copy all uid/gid information)", value => _archive = value);
        flags.Switch("follow-link", 'L', "Always follow symbol link in SRC_PATH", value => _follow = value);
        flags.Switch("quiet", 'q', "Suppress progress output during copy. Progress output is automatically suppressed if no terminal is attached", value => _quiet = value);
    }

    internal override int Execute(CommandContext context, List<string> operands)
    {
        CopyArgument source = CopyArgument.Parse(operands[0]);
        CopyArgument destination = CopyArgument.Parse(operands[1]);
        if (source.Path.Length == 0 || destination.Path.Length == 0)
        {
            throw new CliException(source.Path.Length == 0 ? "source can not be empty" : "destination can not be empty");
        }

        switch (source.Container, destination.Container)
        {
            case ({ } from, null):
                CopyOut(context, from, source.Path, destination.Path);
                break;
            case (null, { } to):
                CopyIn(context, to, source.Path, destination.Path);
                break;
            case (null, null):
                throw new CliException("must specify at least one container source");
            default:
                throw new CliException("copying between containers is not supported");
        }

        return ExitCodes.Success;
    }

    private void CopyOut(CommandContext context, string container, string path, string destination)
    {
        if (destination == "-" && FileDescriptor.StandardOutput.IsTerminal)
        {
            throw new CliException("refusing to write an archive to a terminal: redirect it, or name a file");
        }

        long length = CopyFrom.Run(context.Client, container, path, destination, _follow, CommandLine.Report);
        Tell(context, length, destination, destination != "-");
    }

    private void CopyIn(CommandContext context, string container, string source, string path)
    {
        var copy = new CopyTo(context.Client, container, _archive, _follow);
        string reached = copy.Run(source, path);
        Tell(context, copy.Length, $"{container}:{reached}", source != "-");
    }

    private void Tell(CommandContext context, long length, string where, bool isTold)
    {
        if (isTold && !_quiet && context.Error.IsTerminal)
        {
            context.Error.WriteLine($"Successfully copied {HumanSize.Decimal(length, 3)} to {where}").Flush();
        }
    }
}
