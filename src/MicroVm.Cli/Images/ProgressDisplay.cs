using MicroVm.Cli.Output;

namespace MicroVm.Cli.Images;

/// <summary>
/// On a terminal one line for each layer, redrawn in place with a bar; elsewhere one line for each change of state.
/// </summary>
internal sealed class ProgressDisplay(TextOutput output)
{
    private const int BarWidth = 50;
    private const int MinimumWidthForBar = 100;

    private readonly Dictionary<string, int> _rows = [];
    private readonly int _width = output.Width;
    private int _count;

    internal void Show(ProgressEvent progress)
    {
        if (progress.Stream is { } text)
        {
            Forget();
            output.WriteLine(SafeText.OneLine(text));
        }
        else if (progress.Id is not { Length: > 0 } id)
        {
            ShowWhole(progress.Status);
        }
        else if (output.IsTerminal)
        {
            Redraw(id, progress);
        }
        else if (progress.Total == 0 && progress.Current == 0)
        {
            output.WriteLine(SafeText.OneLine($"{id}: {progress.Status}"));
        }

        output.Flush();
    }

    // Empty: a line for programs.
    private void ShowWhole(string status)
    {
        if (status.Length > 0)
        {
            Forget();
            output.WriteLine(SafeText.OneLine(status));
        }
    }

    internal void Finish() => output.Flush();

    private void Redraw(string id, ProgressEvent progress)
    {
        if (!_rows.TryGetValue(id, out int row))
        {
            row = _count++;
            _rows.Add(id, row);
            output.Write("\n");
        }

        int up = _count - row;
        string line = SafeText.OneLine($"{id}: {progress.Status} {Bar(progress)}");
        output.Write($"\x1b[{up}A\r\x1b[2K{(line.Length < _width ? line : line[..(_width - 1)])}\r\x1b[{up}B");
    }

    // What scrolls between the rows ends them: later changes of the same layer begin new ones.
    private void Forget()
    {
        _rows.Clear();
        _count = 0;
    }

    private string Bar(ProgressEvent progress)
    {
        if (progress.Current <= 0)
        {
            return "";
        }

        string current = HumanSize.Decimal(progress.Current);
        if (progress.Total <= 0 || progress.Current > progress.Total)
        {
            return current;
        }

        string numbers = $"{current}/{HumanSize.Decimal(progress.Total)}";
        return _width < MinimumWidthForBar ? numbers : $"[{Fill((double)progress.Current / progress.Total)}] {numbers}";
    }

    private static string Fill(double fraction)
    {
        int done = (int)(fraction * BarWidth);
        return done >= BarWidth ? new string('=', BarWidth) : new string('=', done) + ">" + new string(' ', BarWidth - done - 1);
    }
}
