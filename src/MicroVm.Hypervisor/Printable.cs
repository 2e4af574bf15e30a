namespace MicroVm.Hypervisor;

/// <summary>Text from a VM or VMM, made safe for a terminal.</summary>
internal static class Printable
{
    public static string OneLine(string text, int limit)
    {
        string line = string.Concat(text.Take(limit).Select(c => char.IsControl(c) ? ' ' : c)).Trim();
        return line;
    }
}
