using MicroVm.Cli.Images;

namespace MicroVm.Cli.Commands;

internal sealed class LogoutCommand : Command
{
    internal override int Execute(CommandContext context, List<string> operands)
    {
        string key = LoginFile.KeyOf(operands.Count > 0 ? operands[0] : "");
        context.Out.WriteLine(LoginFile.Remove(key) ? $"Removing login credentials for {key}" : $"Not logged in to {key}");
        return ExitCodes.Success;
    }
}
