using System.Diagnostics;

namespace MicroVm.Integration.Tests.Infrastructure;

/// <summary>Runs a program to its end with separate, binary-clean outputs.</summary>
public static class Command
{
    private static readonly TimeSpan s_limit = TimeSpan.FromMinutes(3);

    public static Process Start(string file, IEnumerable<string> arguments, IReadOnlyDictionary<string, string>? environment = null)
    {
        var start = new ProcessStartInfo(file, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach ((string key, string value) in environment ?? new Dictionary<string, string>())
        {
            start.Environment[key] = value;
        }

        return Process.Start(start) ?? throw new InvalidOperationException($"{file} did not start");
    }

    public static async Task<CommandResult> RunAsync(
        string file,
        IEnumerable<string> arguments,
        IReadOnlyDictionary<string, string>? environment = null,
        ReadOnlyMemory<byte> input = default)
    {
        using Process process = Start(file, arguments, environment);
        return await FinishAsync(process, input);
    }

    /// <summary>Feeds the input, closes it, and reads both outputs to their end.</summary>
    public static async Task<CommandResult> FinishAsync(Process process, ReadOnlyMemory<byte> input = default)
    {
        using var limit = new CancellationTokenSource(s_limit);
        Task<byte[]> output = ReadAsync(process.StandardOutput.BaseStream, limit.Token);
        Task<byte[]> error = ReadAsync(process.StandardError.BaseStream, limit.Token);
        try
        {
            await FeedAsync(process, input, limit.Token);
            await process.WaitForExitAsync(limit.Token);
            return new(process.ExitCode, await output, await error);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw new TimeoutException($"{process.StartInfo.FileName} {string.Join(' ', process.StartInfo.ArgumentList)}: no end");
        }
    }

    private static async Task FeedAsync(Process process, ReadOnlyMemory<byte> input, CancellationToken cancellationToken)
    {
        try
        {
            await process.StandardInput.BaseStream.WriteAsync(input, cancellationToken);
            process.StandardInput.Close();
        }
        catch (IOException)
        {
            // The program did not read it all: its exit code tells.
        }
    }

    private static async Task<byte[]> ReadAsync(Stream stream, CancellationToken cancellationToken)
    {
        using var bytes = new MemoryStream();
        await stream.CopyToAsync(bytes, cancellationToken);
        return bytes.ToArray();
    }
}
