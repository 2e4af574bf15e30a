namespace MicroVm.Integration.Tests.Infrastructure;

public static class ShellWords
{
    /// <summary>The words of a line, in which single quotes hold words together.</summary>
    public static string[] Split(string line)
    {
        var words = new List<string>();
        foreach ((int index, string part) in line.Split('\'').Index())
        {
            words.AddRange(index % 2 == 1 ? [part] : part.Split(' ', StringSplitOptions.RemoveEmptyEntries));
        }

        return [.. words];
    }
}
