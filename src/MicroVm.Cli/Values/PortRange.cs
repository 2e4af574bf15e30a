using System.Globalization;

namespace MicroVm.Cli.Values;

/// <summary>Ports from First to Last, both within.</summary>
internal sealed record PortRange(int First, int Last)
{
    internal int Length => Last - First + 1;

    /// <summary><c>80</c> or <c>80-90</c>; null: it is neither.</summary>
    internal static PortRange? TryParse(string text)
    {
        int dash = text.IndexOf('-', StringComparison.Ordinal);
        ushort? first = Port(dash < 0 ? text : text[..dash]);
        ushort? last = dash < 0 ? first : Port(text[(dash + 1)..]);
        return first <= last ? new PortRange(first.Value, last.Value) : null;
    }

    private static ushort? Port(string text) =>
        ushort.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out ushort port) ? port : null;
}
