namespace MicroVm.Cli.Daemon;

/// <summary>How a process ended.</summary>
/// <param name="Status">As waitpid(2) gives it.</param>
internal readonly record struct ExitStatus(int Status)
{
    /// <summary>Null: it was ended by a signal.</summary>
    internal int? Code => Signal == 0 ? (Status >> 8) & 0xff : null;

    private int Signal => Status & 0x7f;

    public override string ToString() => Code is { } code ? $"exit code {code}" : $"signal {Signal}";
}
