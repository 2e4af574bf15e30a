using MicroVm.Cli.Arguments;
using MicroVm.Cli.Images;

namespace MicroVm.Cli.Commands;

internal sealed class PullCommand : Command
{
    private string? _platform;
    private bool _quiet;

    internal override void Define(FlagSet flags)
    {
        flags.Text("platform", '\0', "Set platform if server is multi-platform capable", value => _platform = value);
        flags.Switch("quiet", 'q', "Suppress verbose output", value => _quiet = value);
    }

    internal override int Execute(CommandContext context, List<string> operands)
    {
        ImageName name = ImageName.Parse(operands[0]);
        if (name.IsBare && !_quiet)
        {
            context.Out.WriteLine("Using default tag: latest").Flush();
        }

        ImagePull.Run(context.Client, name, _platform, _quiet ? null : context.Out);
        context.Out.WriteLine(name.Canonical);
        return ExitCodes.Success;
    }
}
