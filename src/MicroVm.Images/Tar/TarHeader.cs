namespace MicroVm.Images.Tar;

internal enum TarFormat
{
    V7,

    /// <summary>POSIX: has a 155-byte name prefix.</summary>
    Ustar,

    /// <summary>Schilling's star: a 131-byte prefix, marked by "tar" at the block's end.</summary>
    Star,

    /// <summary>GNU: no prefix; access and change times and the sparse map there instead.</summary>
    Gnu,
}

/// <summary>A view of one 512-byte header block. Each field's place is the end of the one before.</summary>
internal readonly ref struct TarHeader(ReadOnlySpan<byte> block)
{
    public const int BlockSize = 512;

    /// <summary>Sparse entries in a GNU header, and in each extension block.</summary>
    public const int SparseInHeader = 4;
    public const int SparseInExtension = 21;
    public const int SparseEntrySize = 24;
    public const int SparseNumberSize = 12;

    private readonly ReadOnlySpan<byte> _block = block;

    public ReadOnlySpan<byte> Name => _block[..100];

    public ReadOnlySpan<byte> Mode => _block[100..108];

    public ReadOnlySpan<byte> Uid => _block[108..116];

    public ReadOnlySpan<byte> Gid => _block[116..124];

    public ReadOnlySpan<byte> Size => _block[124..136];

    public ReadOnlySpan<byte> ModificationTime => _block[136..148];

    public ReadOnlySpan<byte> Checksum => _block[148..156];

    public TarEntryType Type => (TarEntryType)_block[156];

    public ReadOnlySpan<byte> LinkName => _block[157..257];

    public ReadOnlySpan<byte> Magic => _block[257..265];

    public ReadOnlySpan<byte> DeviceMajor => _block[329..337];

    public ReadOnlySpan<byte> DeviceMinor => _block[337..345];

    public ReadOnlySpan<byte> UstarPrefix => _block[345..500];

    public ReadOnlySpan<byte> StarPrefix => _block[345..476];

    public ReadOnlySpan<byte> StarTrailer => _block[508..512];

    public ReadOnlySpan<byte> GnuAccessTime => _block[345..357];

    public ReadOnlySpan<byte> GnuChangeTime => _block[357..369];

    public ReadOnlySpan<byte> GnuSparse => _block[386..482];

    public bool GnuSparseContinues => _block[482] != 0;

    public ReadOnlySpan<byte> GnuRealSize => _block[483..495];

    public bool IsZero => !_block.ContainsAnyExcept((byte)0);

    public TarFormat Format
    {
        get
        {
            if (Magic.SequenceEqual("ustar  \0"u8))
            {
                return TarFormat.Gnu;
            }

            if (!Magic.StartsWith("ustar\0"u8))
            {
                return TarFormat.V7;
            }

            return StarTrailer.SequenceEqual("tar\0"u8) ? TarFormat.Star : TarFormat.Ustar;
        }
    }

    /// <summary>The sum of all bytes with the field itself as blanks; old Sun tars added signed bytes.</summary>
    public bool ChecksumMatches
    {
        get
        {
            long unsigned = 0, signed = 0;
            for (int i = 0; i < BlockSize; i++)
            {
                byte b = i is >= 148 and < 156 ? (byte)' ' : _block[i];
                unsigned += b;
                signed += (sbyte)b;
            }

            long? written = TarNumber.ParseField(Checksum);
            return written == unsigned || written == signed;
        }
    }

    /// <summary>The name with the prefix of formats that have one.</summary>
    public byte[] FullName()
    {
        ReadOnlySpan<byte> name = TarNumber.CString(Name);
        ReadOnlySpan<byte> prefix = TarNumber.CString(Prefix());
        return prefix.IsEmpty ? name.ToArray() : [.. prefix, (byte)'/', .. name];
    }

    private ReadOnlySpan<byte> Prefix() => Format switch
    {
        TarFormat.Ustar => UstarPrefix,
        TarFormat.Star => StarPrefix,
        TarFormat.Gnu when HasMisplacedPrefix() => UstarPrefix,
        _ => default,
    };

    /// <summary>
    /// Go before 1.8, hence old Docker, wrote a ustar prefix into GNU headers: told apart by times that aren't numbers.
    /// </summary>
    private bool HasMisplacedPrefix() =>
        ((GnuAccessTime[0] != 0 && TarNumber.ParseField(GnuAccessTime) is null)
            || (GnuChangeTime[0] != 0 && TarNumber.ParseField(GnuChangeTime) is null))
        && !TarNumber.CString(UstarPrefix).ContainsAnyExceptInRange((byte)0, (byte)0x7f);
}
