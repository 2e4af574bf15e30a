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

    /// <summary>Fails unless it ended with that code and one line on standard error that contains the text.</summary>
    public void Failed(int exitCode, string text)
    {
        Assert.True(ExitCode == exitCode, $"exit code {ExitCode}, not {exitCode}\nstdout: {OutputText}\nstderr: {ErrorText}");
        Assert.Contains(text, ErrorText, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("   at ", ErrorText, StringComparison.Ordinal);
    }
}
