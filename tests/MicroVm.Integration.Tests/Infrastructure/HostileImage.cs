using System.Buffers.Binary;
using System.Formats.Tar;
using System.Security.Cryptography;
using System.Text;

namespace MicroVm.Integration.Tests.Infrastructure;

/// <summary>An image with one layer of any bytes, right in everything else unless told otherwise.</summary>
public sealed record HostileImage(byte[] Layer)
{
    private const int Block = 512;

    /// <summary>What the configuration says of the layer.</summary>
    public string DiffId { get; init; } = Digest(Layer);

    public byte[] Config => Encoding.UTF8.GetBytes(
        $$$"""{"architecture":"amd64","os":"linux","config":{"Cmd":["true"]},"rootfs":{"type":"layers","diff_ids":["{{{DiffId}}}"]}}""");

    public static string Digest(byte[] bytes) => "sha256:" + Convert.ToHexStringLower(SHA256.HashData(bytes));

    /// <summary>A tar of these entries, ended as it should be.</summary>
    public static byte[] Tar(params byte[][] entries) => [.. entries.SelectMany(entry => entry), .. new byte[2 * Block]];

    /// <summary>A file of a layer, whatever its name.</summary>
    public static byte[] File(string name, string content) =>
        [.. Header(name, '0', "", content.Length), .. Encoding.UTF8.GetBytes(content), .. new byte[Block - content.Length]];

    public static byte[] Link(char type, string name, string target) => Header(name, type, target, 0);

    /// <summary>A ustar header; the size in base 256, which holds all 64 bits.</summary>
    public static byte[] Header(string name, char type, string target, long size)
    {
        byte[] header = new byte[Block];
        Encoding.UTF8.GetBytes(name, header);
        Encoding.ASCII.GetBytes("0000644\00000000\00000000\0", header.AsSpan(100));
        header[124] = 0x80;
        BinaryPrimitives.WriteInt64BigEndian(header.AsSpan(128), size);
        Encoding.ASCII.GetBytes("00000000000\0        ", header.AsSpan(136));
        header[156] = (byte)type;
        Encoding.UTF8.GetBytes(target, header.AsSpan(157));
        Encoding.ASCII.GetBytes("ustar\000", header.AsSpan(257));
        Encoding.ASCII.GetBytes(Convert.ToString(header.Sum(b => b), 8).PadLeft(6, '0') + "\0 ", header.AsSpan(148));
        return header;
    }

    /// <summary>As `docker save` writes it, for `load`.</summary>
    public byte[] Archive(string name)
    {
        using var bytes = new MemoryStream();
        using (var tar = new TarWriter(bytes, leaveOpen: true))
        {
            Write(tar, "manifest.json", Encoding.UTF8.GetBytes($$"""[{"Config":"config.json","RepoTags":["{{name}}"],"Layers":["layer.tar"]}]"""));
            Write(tar, "config.json", Config);
            Write(tar, "layer.tar", Layer);
        }

        return bytes.ToArray();
    }

    private static void Write(TarWriter tar, string name, byte[] content) =>
        tar.WriteEntry(new UstarTarEntry(TarEntryType.RegularFile, name) { DataStream = new MemoryStream(content) });
}
