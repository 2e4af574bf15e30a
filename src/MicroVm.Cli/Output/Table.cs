using System.Text;

namespace MicroVm.Cli.Output;

/// <summary>Columns separated by three blanks, as wide as their widest cell.</summary>
internal sealed class Table(params string[] headers)
{
    private const int Gap = 3;
    private const int MinimumCell = 10;

    private readonly List<string[]> _rows = [headers];

    internal void Add(params string[] cells) => _rows.Add(Array.ConvertAll(cells, SafeText.OneLine));

    internal void Write(TextOutput output)
    {
        int[] widths = Widths();
        foreach (string[] row in _rows)
        {
            output.WriteLine(Line(row, widths));
        }
    }

    // Loops: LINQ over these types would be compiled at run time, for some milliseconds.
    private int[] Widths()
    {
        var widths = new List<int>();
        foreach (string[] row in _rows)
        {
            for (int column = 0; column < row.Length; column++)
            {
                if (column == widths.Count)
                {
                    widths.Add(MinimumCell);
                }

                widths[column] = Math.Max(widths[column], row[column].Length + Gap);
            }
        }

        return widths.ToArray();
    }

    private static string Line(string[] row, int[] widths)
    {
        var line = new StringBuilder();
        for (int column = 0; column < row.Length; column++)
        {
            line.Append(column == row.Length - 1 ? row[column] : row[column].PadRight(widths[column]));
        }

        return line.ToString().TrimEnd();
    }
}
