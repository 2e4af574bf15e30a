using System.Globalization;

namespace MicroVm.Builds;

/// <summary>A Dockerfile that can't be understood: one line, in Docker's words.</summary>
public sealed class DockerfileException : Exception
{
    public DockerfileException()
    {
    }

    public DockerfileException(string message)
        : base(message)
    {
    }

    public DockerfileException(string message, Exception innerException)
        : base(message, innerException)
    {
    }

    internal DockerfileException(int line, string message)
        : base(string.Create(CultureInfo.InvariantCulture, $"dockerfile parse error line {line}: {OneLine(message)}"))
    {
    }

    private static string OneLine(string text)
    {
        string shown = text.Length > 300 ? text[..300] + "…" : text;
        return string.Concat(shown.Select(c => char.IsControl(c) ? ' ' : c));
    }
}
