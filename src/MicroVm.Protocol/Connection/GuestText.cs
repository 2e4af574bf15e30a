namespace MicroVm.Protocol.Connection;

/// <summary>Texts that a guest has sent, for people to read.</summary>
internal static class GuestText
{
    public static string OneLine(string text) => string.Concat(text.Select(c => char.IsControl(c) ? ' ' : c));
}
