using MicroVm.Cli.Arguments;
using MicroVm.Cli.Http;
using MicroVm.Cli.Images;
using MicroVm.Cli.Interop;

namespace MicroVm.Cli.Commands;

internal sealed class LoadCommand : Command
{
    private string? _input;
    private bool _quiet;

    internal override void Define(FlagSet flags)
    {
        flags.Text("input", 'i', "Read from tar archive file, instead of STDIN", value => _input = value);
        flags.Switch("quiet", 'q', "Suppress the load output", value => _quiet = value);
    }

    internal override int Execute(CommandContext context, List<string> operands)
    {
        if (_input is null && FileDescriptor.StandardInput.IsTerminal)
        {
            throw new CliException("requested load from stdin, but stdin is empty");
        }

        // The upload may be at work when the daemon has answered: both are closed by the process's end.
        FileDescriptor archive = _input is { } path ? FileDescriptor.Open(path, Constants.O_RDONLY) : new FileDescriptor(0, ownsHandle: false);
        EngineConnection connection = context.Client.Connect();
        var upload = new ArchiveUpload(connection, archive);
        upload.Start($"/images/load?quiet={(_quiet ? 1 : 0)}");
        EngineResponse answer = connection.Receive();
        if (!answer.IsSuccess)
        {
            throw EngineClient.Refusal(answer);
        }

        ProgressStream.Show(answer, context.Out);
        upload.ThrowIfFailed();
        return ExitCodes.Success;
    }
}
