namespace MicroVm.Cli.Values;

/// <summary>
/// Decimal whole numbers of headers, documents and tables. The base library's way makes cultures and number formats first, which takes
/// longer than the rest of a small command.
/// </summary>
internal static class WholeNumber
{
    /// <summary>Digits, with a minus before them or without.</summary>
    /// <returns>False: something else, or beyond 64 bits.</returns>
    internal static bool TryParse(ReadOnlySpan<byte> text, out long number)
    {
        number = 0;
        bool isNegative = text.Length > 0 && text[0] == '-';
        int first = isNegative ? 1 : 0;
        for (int index = first; index < text.Length; index++)
        {
            int digit = text[index] - '0';
            if (digit is < 0 or > 9 || number < (long.MinValue + digit) / 10)
            {
                return false;
            }

            // Negative: there is one more of those.
            number = (number * 10) - digit;
        }

        bool fits = isNegative || number > long.MinValue;
        number = isNegative ? number : fits ? -number : 0;
        return fits && text.Length > first;
    }

    internal static string Format(long number)
    {
        Span<char> digits = stackalloc char[20];
        int first = digits.Length;
        long left = number;
        do
        {
            digits[--first] = (char)('0' + Math.Abs(left % 10));
            left /= 10;
        }
        while (left != 0);

        if (number < 0)
        {
            digits[--first] = '-';
        }

        return new string(digits[first..]);
    }
}
