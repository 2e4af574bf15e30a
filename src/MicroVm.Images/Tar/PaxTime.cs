namespace MicroVm.Images.Tar;

/// <summary>PAX times: decimal seconds with a fraction of any length, possibly negative.</summary>
internal static class PaxTime
{
    private const int NanosecondDigits = 9;
    private const int NanosecondsPerSecond = 1_000_000_000;

    public static TarTime Parse(ReadOnlySpan<byte> text)
    {
        int point = text.IndexOf((byte)'.');
        ReadOnlySpan<byte> whole = point < 0 ? text : text[..point];
        if (TarNumber.ParseDecimal(whole) is not long seconds)
        {
            throw TarError.Invalid("PAX time is not a number");
        }

        int nanoseconds = point < 0 ? 0 : ParseFraction(text[(point + 1)..]);
        return whole[0] == '-' && nanoseconds > 0 && seconds > long.MinValue
            ? new(seconds - 1, NanosecondsPerSecond - nanoseconds)
            : new(seconds, nanoseconds);
    }

    /// <summary>Digits beyond nanoseconds are cut, as POSIX says ("truncated toward the past" for what can't be stored).</summary>
    private static int ParseFraction(ReadOnlySpan<byte> digits)
    {
        if (digits.ContainsAnyExceptInRange((byte)'0', (byte)'9'))
        {
            throw TarError.Invalid("PAX time is not a number");
        }

        int value = 0;
        for (int i = 0; i < NanosecondDigits; i++)
        {
            value = (value * 10) + (i < digits.Length ? digits[i] - '0' : 0);
        }

        return value;
    }
}
