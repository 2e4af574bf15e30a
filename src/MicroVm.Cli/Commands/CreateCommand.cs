using MicroVm.Cli.Arguments;
using MicroVm.Cli.Containers;
using MicroVm.Cli.Http;

namespace MicroVm.Cli.Commands;

internal sealed class CreateCommand : Command
{
    private readonly ContainerOptions _options = new();

    internal override bool Interspersed => false;

    internal override int FailureCode => ExitCodes.EngineFailure;

    internal override void Define(FlagSet flags) => ContainerFlags.Define(flags, _options);

    internal override int Execute(CommandContext context, List<string> operands)
    {
        (_options.Image, _options.Command) = (operands[0], operands[1..]);
        try
        {
            context.Out.WriteLine(new ContainerCreation(context, _options).Create());
            return ExitCodes.Success;
        }
        catch (EngineException refused)
        {
            // As Docker's client: 125 is for arguments that are wrong, 1 for what the daemon refuses.
            throw new CliException(refused.Message, ExitCodes.Failure);
        }
    }
}
