namespace MicroVm.Cli.Arguments;

/// <summary>Finds what was probably meant.</summary>
internal static class Suggestion
{
    private const int MaximumDistance = 2;
    private const int MaximumLength = 64;

    /// <summary>The nearest candidate within two edits, or one that begins with what was typed; null: none is near.</summary>
    internal static string? For(string typed, IEnumerable<string> candidates)
    {
        if (typed.Length is < 2 or > MaximumLength)
        {
            return null;
        }

        (string? best, int bestDistance) = (null, MaximumDistance + 1);
        foreach (string candidate in candidates)
        {
            int distance = candidate.StartsWith(typed, StringComparison.Ordinal) ? 1 : Distance(typed, candidate);
            if (distance < bestDistance && distance < candidate.Length)
            {
                (best, bestDistance) = (candidate, distance);
            }
        }

        return best;
    }

    /// <summary>Edits between the two, a swap of neighbours counting as one (optimal string alignment).</summary>
    internal static int Distance(string left, string right)
    {
        int[,] cost = new int[left.Length + 1, right.Length + 1];
        for (int row = 0; row <= left.Length; row++)
        {
            for (int column = 0; column <= right.Length; column++)
            {
                cost[row, column] = Cell(left, right, cost, row, column);
            }
        }

        return cost[left.Length, right.Length];
    }

    private static int Cell(string left, string right, int[,] cost, int row, int column)
    {
        if (row == 0 || column == 0)
        {
            return row + column;
        }

        int replace = cost[row - 1, column - 1] + (left[row - 1] == right[column - 1] ? 0 : 1);
        int best = Math.Min(replace, Math.Min(cost[row - 1, column], cost[row, column - 1]) + 1);
        bool swapped = row > 1 && column > 1 && left[row - 1] == right[column - 2] && left[row - 2] == right[column - 1];
        return swapped ? Math.Min(best, cost[row - 2, column - 2] + 1) : best;
    }
}
