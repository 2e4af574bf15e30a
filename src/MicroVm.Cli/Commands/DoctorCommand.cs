using System.Diagnostics;
using MicroVm.Cli.Arguments;
using MicroVm.Cli.Daemon;

namespace MicroVm.Cli.Commands;

/// <summary>Asks the daemon's program, not the daemon: where something is missing none may run.</summary>
internal sealed class DoctorCommand : Command
{
    internal override void Define(FlagSet flags)
    {
    }

    internal override int Execute(CommandContext context, List<string> operands)
    {
        context.Out.Flush();
        using Process doctor = Process.Start(new ProcessStartInfo(DaemonProgram.Find(), ["doctor"]) { UseShellExecute = false })!;
        doctor.WaitForExit();
        return doctor.ExitCode;
    }
}
