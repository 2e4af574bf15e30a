using MicroVm.Cli.Arguments;

namespace MicroVm.Cli.Values;

/// <summary>--detach-keys: keys separated by commas, each a character or <c>ctrl-X</c>.</summary>
internal static class DetachKeys
{
    /// <summary>ctrl-p, ctrl-q.</summary>
    internal static readonly byte[] Default = [16, 17];

    /// <exception cref="FlagValueException">A key is unknown.</exception>
    internal static byte[] Parse(string text) => text.Length == 0 ? Default : [.. text.Split(',').Select(Key)];

    private static byte Key(string key)
    {
        if (key.Length == 1 && key[0] < 128)
        {
            return (byte)key[0];
        }

        const string Control = "ctrl-";
        if (key.Length == Control.Length + 1 && key.StartsWith(Control, StringComparison.Ordinal))
        {
            char letter = key[^1];
            if (letter is (>= 'a' and <= 'z') or (>= '@' and <= '_' and not (>= 'A' and <= 'Z')))
            {
                return (byte)(letter & 0x1f);
            }
        }

        throw new FlagValueException($"Unknown character: '{key}'");
    }
}
