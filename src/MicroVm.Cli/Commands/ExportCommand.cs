using MicroVm.Cli.Arguments;
using MicroVm.Cli.Containers;
using MicroVm.Cli.Http;
using MicroVm.Cli.Interop;

namespace MicroVm.Cli.Commands;

internal sealed class ExportCommand : Command
{
    private string? _output;

    internal override void Define(FlagSet flags) =>
        flags.Text("output", 'o', "Write to a file, instead of STDOUT", value => _output = value);

    internal override int Execute(CommandContext context, List<string> operands)
    {
        if (_output is null && FileDescriptor.StandardOutput.IsTerminal)
        {
            throw new CliException("cowardly refusing to save to a terminal. Use the -o flag or redirect");
        }

        EngineResponse response = context.Client.Stream("GET", ContainerPaths.Of(operands[0], "export"));
        if (_output is { } path)
        {
            Save(response, path);
        }
        else
        {
            Copy(response, FileDescriptor.StandardOutput);
        }

        return ExitCodes.Success;
    }

    /// <summary>Nothing half-written stays.</summary>
    private static void Save(EngineResponse response, string path)
    {
        try
        {
            using FileDescriptor file = FileDescriptor.Open(path, Constants.O_WRONLY | Constants.O_CREAT | Constants.O_TRUNC, 0x180);
            Copy(response, file);
        }
        catch (ProtocolException)
        {
            File.Delete(path);
            throw;
        }
    }

    private static void Copy(EngineResponse response, FileDescriptor target)
    {
        byte[] buffer = new byte[256 << 10];
        for (int count; (count = response.Read(buffer)) > 0;)
        {
            target.Write(buffer.AsSpan(0, count));
        }
    }
}
