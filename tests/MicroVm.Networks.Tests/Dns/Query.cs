using System.Text;

namespace MicroVm.Networks.Tests.Dns;

/// <summary>Questions as a guest's resolver writes them.</summary>
internal static class Query
{
    public static byte[] Of(string name, ushort type, ushort id = 0x1234)
    {
        List<byte> message = [(byte)(id >> 8), (byte)id, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0];
        foreach (string label in name.Split('.'))
        {
            message.Add((byte)label.Length);
            message.AddRange(Encoding.ASCII.GetBytes(label));
        }

        return [.. message, 0, (byte)(type >> 8), (byte)type, 0, 1];
    }
}
