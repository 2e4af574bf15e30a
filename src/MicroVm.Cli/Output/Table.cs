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
        int columns = _rows.Max(row => row.Length);
        int[] widths = new int[columns];
        for (int column = 0; column < columns; column++)
        {
            widths[column] = Math.Max(MinimumCell, _rows.Max(row => column < row.Length ? row[column].Length + Gap : 0));
        }

        foreach (string[] row in _rows)
        {
            output.WriteLine(string.Concat(row.Select((cell, column) => column == row.Length - 1 ? cell : cell.PadRight(widths[column]))).TrimEnd());
        }
    }
}
