using MicroVm.Cli.Arguments;

namespace MicroVm.Cli.Commands;

/// <summary>One command: its flags, then its work. One instance serves one call.</summary>
internal abstract class Command
{
    /// <summary>False: flags end at the first operand.</summary>
    internal virtual bool Interspersed => true;

    /// <summary>Exit code of failures that have none of their own.</summary>
    internal virtual int FailureCode => ExitCodes.Failure;

    internal virtual void Define(FlagSet flags)
    {
    }

    /// <returns>The exit code.</returns>
    internal abstract int Execute(CommandContext context, List<string> operands);
}
