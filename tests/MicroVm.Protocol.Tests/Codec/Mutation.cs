namespace MicroVm.Protocol.Tests.Codec;

/// <summary>A few changes of the kinds that break decoders.</summary>
internal static class Mutation
{
    private static readonly byte[] s_telling = [0, 1, 0x7f, 0x80, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xc1, 0xc4, 0xc6, 0xc9, 0xcf, 0xd3, 0xdb, 0xdd, 0xdf, 0xff];

    public static byte[] Of(byte[] bytes, Random random)
    {
        List<byte> changed = [.. bytes];
        for (int left = random.Next(1, 4); left > 0 && changed.Count > 0; left--)
        {
            int at = random.Next(changed.Count);
            switch (random.Next(6))
            {
                case 0: changed[at] = (byte)random.Next(256); break;
                case 1: changed[at] = s_telling[random.Next(s_telling.Length)]; break;
                case 2: changed[at] ^= (byte)(1 << random.Next(8)); break;
                case 3: changed.Insert(at, s_telling[random.Next(s_telling.Length)]); break;
                case 4: changed.RemoveAt(at); break;
                default: changed.RemoveRange(at, random.Next(changed.Count - at)); break;
            }
        }

        return [.. changed];
    }
}
