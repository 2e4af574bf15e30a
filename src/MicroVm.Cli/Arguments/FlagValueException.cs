namespace MicroVm.Cli.Arguments;

/// <summary>A flag's value is wrong: why, without the flag's name.</summary>
internal sealed class FlagValueException(string message) : Exception(message);
