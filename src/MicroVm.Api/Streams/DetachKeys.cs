namespace MicroVm.Api.Streams;

/// <summary>The keys that end an attachment: separated by commas, each a character or <c>ctrl-X</c>.</summary>
public static class DetachKeys
{
    private const int MaxKeys = 64;
    private const string Control = "ctrl-";

    /// <summary>ctrl-p, ctrl-q.</summary>
    public static byte[] Default => [16, 17];

    /// <param name="text">Empty: the default.</param>
    /// <param name="keys">What the terminal sends for them.</param>
    /// <param name="wrong">The key that is unknown; null when all are known.</param>
    public static bool TryParse(string text, out byte[] keys, out string? wrong)
    {
        (keys, wrong) = (Default, null);
        if (text.Length == 0)
        {
            return true;
        }

        string[] names = text.Split(',');
        int[] codes = new int[names.Length];
        for (int index = 0; index < names.Length; index++)
        {
            codes[index] = Code(names[index]);
        }

        int unknown = names.Length > MaxKeys ? MaxKeys : Array.IndexOf(codes, -1);
        wrong = unknown < 0 ? null : names[unknown];
        keys = unknown < 0 ? Array.ConvertAll(codes, code => (byte)code) : [];
        return unknown < 0;
    }

    /// <summary>-1: unknown.</summary>
    private static int Code(string key)
    {
        if (key.Length == 1 && key[0] < 128)
        {
            return key[0];
        }

        bool isControl = key.Length == Control.Length + 1 && key.StartsWith(Control, StringComparison.Ordinal);
        return isControl && key[^1] is (>= 'a' and <= 'z') or (>= '@' and <= '_' and not (>= 'A' and <= 'Z')) ? key[^1] & 0x1f : -1;
    }
}
