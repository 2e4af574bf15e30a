using MicroVm.Api.Streams;
using MicroVm.Cli.Arguments;

namespace MicroVm.Cli.Values;

/// <summary>--detach-keys.</summary>
/// <param name="Text">As it was given: the daemon looks for the same keys. Empty: the default.</param>
internal sealed record DetachSequence(string Text, byte[] Keys)
{
    internal static readonly DetachSequence Default = new("", DetachKeys.Default);

    /// <exception cref="FlagValueException">A key is unknown.</exception>
    internal static DetachSequence Parse(string text) => DetachKeys.TryParse(text, out byte[] keys, out string? wrong)
        ? new(text, keys)
        : throw new FlagValueException($"Unknown character: '{wrong}'");
}
