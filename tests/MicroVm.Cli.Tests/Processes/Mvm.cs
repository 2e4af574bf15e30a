using System.Diagnostics;
using System.Text;

namespace MicroVm.Cli.Tests.Processes;

/// <summary>The real program, as a process.</summary>
internal static class Mvm
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);

    internal static string Program => Path.Combine(AppContext.BaseDirectory, "mvm");

    internal sealed record Result(int ExitCode, byte[] Output, string Error)
    {
        internal string Text => Encoding.UTF8.GetString(Output);
    }

    /// <param name="input">Null: /dev/null.</param>
    internal static Result Run(FakeEngine? engine, string[] arguments, byte[]? input = null, Dictionary<string, string>? environment = null)
    {
        using Process process = Start(engine, arguments, environment);
        Task feed = Task.Run(() => Feed(process, input));
        Task<byte[]> output = Task.Run(() => ReadAll(process.StandardOutput.BaseStream));
        Task<byte[]> error = Task.Run(() => ReadAll(process.StandardError.BaseStream));
        Finish(process);
        Assert.True(feed.Wait(s_patience));
        return new Result(process.ExitCode, output.Result, Encoding.UTF8.GetString(error.Result));
    }

    internal static Process Start(FakeEngine? engine, string[] arguments, Dictionary<string, string>? environment = null)
    {
        var start = new ProcessStartInfo(Program, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["MVM_HOST"] = engine is null ? null : "unix://" + engine.SocketPath;
        foreach ((string name, string value) in environment ?? [])
        {
            start.Environment[name] = value;
        }

        return Process.Start(start)!;
    }

    internal static void Finish(Process process)
    {
        if (!process.WaitForExit(s_patience))
        {
            process.Kill();
            Assert.Fail($"mvm did not end: {string.Join(' ', process.StartInfo.ArgumentList)}");
        }
    }

    private static void Feed(Process process, byte[]? input)
    {
        try
        {
            process.StandardInput.BaseStream.Write(input ?? []);
            process.StandardInput.Close();
        }
        catch (IOException)
        {
            // It did not want it.
        }
    }

    private static byte[] ReadAll(Stream stream)
    {
        var content = new MemoryStream();
        stream.CopyTo(content);
        return content.ToArray();
    }
}
