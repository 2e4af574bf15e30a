using System.Text;

namespace MicroVm.Integration.Tests.Infrastructure;

/// <summary>What a finished command left: its exit code and all its output.</summary>
public sealed record CommandResult(int ExitCode, byte[] Output, byte[] Error)
{
    public string OutputText => Encoding.UTF8.GetString(Output);

    public string ErrorText => Encoding.UTF8.GetString(Error);

    /// <summary>Fails with both outputs unless the exit code is 0; returns the trimmed standard output.</summary>
    public string Succeeded()
    {
        Assert.True(ExitCode == 0, $"exit code {ExitCode}\nstdout: {OutputText}\nstderr: {ErrorText}");
        return OutputText.TrimEnd('\n');
    }

    /// <summary>Fails unless it ended with that code and standard error has the text, and no stack trace.</summary>
    public void Failed(int exitCode, string text)
    {
        Assert.True(ExitCode == exitCode, $"exit code {ExitCode}, not {exitCode}\nstdout: {OutputText}\nstderr: {ErrorText}");
        Assert.Contains(text, ErrorText, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("   at ", ErrorText, StringComparison.Ordinal);
    }

    /// <summary>As <see cref="Failed"/>, and our client says it in one line (the stock one adds its usage).</summary>
    public void Refused(string client, int exitCode, string text)
    {
        Failed(exitCode, text);
        string[] lines = ErrorText.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.True(client != "mvm" || lines.Length == 1, ErrorText);
    }
}
