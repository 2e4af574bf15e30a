using System.Runtime.CompilerServices;
using System.Text;
using MicroVm.Engine.Containers;
using MicroVm.Engine.Guest;
using MicroVm.Engine.Logs;
using MicroVm.Engine.Stdio;

namespace MicroVm.Engine.Execs;

/// <summary>Runs a program in a container for the daemon's own use, bounded in time and output.</summary>
internal static class GuestCommand
{
    private static readonly TimeSpan s_deathTimeout = TimeSpan.FromSeconds(5);

    /// <summary>
    /// Both outputs as they came, as text, and the exit code: null when the time was over and the process was killed. What can't be
    /// run throws what <see cref="GuestSession.StartAsync(StdioHub, Func{uint, Protocol.Messages.Start}, CancellationToken)"/> throws.
    /// </summary>
    /// <param name="maxOutput">Bytes that are kept; what comes after is read and dropped.</param>
    public static async Task<(int? ExitCode, string Output)> RunAsync(
        ContainerRun run, ContainerSnapshot container, ExecSpec spec, TimeSpan timeout, int maxOutput)
    {
        StdioHub hub = new(terminal: false, stdinOnce: true, logPath: "");
        hub.Begin(new UnkeptOutput());
        IAttachment attachment = hub.Attach(new(Stream: true, Stdin: false, Stdout: true, Stderr: true, Logs: false));
        await using ConfiguredAsyncDisposable detach = attachment.ConfigureAwait(false);
        Task<string> output = ReadAsync(attachment, maxOutput);
        using CancellationTokenSource limit = new(timeout);
        try
        {
            GuestProcess process = await run.Session.StartAsync(
                hub, number => GuestRequests.Exec(container, spec, number, default), limit.Token).ConfigureAwait(false);
            int? exitCode = await WaitAsync(run, process, limit.Token).ConfigureAwait(false);
            run.Session.Forget(process);
            hub.Complete();
            return (exitCode, await output.ConfigureAwait(false));
        }
        catch (OperationCanceledException)
        {
            return (null, "");
        }
        finally
        {
            hub.Complete();
        }
    }

    private static async Task<int?> WaitAsync(ContainerRun run, GuestProcess process, CancellationToken limit)
    {
        Task over = Task.WhenAny(process.Exited, run.Ended, run.Released);
        try
        {
            await over.WaitAsync(limit).ConfigureAwait(false);
            await process.OutputEnded.WaitAsync(limit).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
        catch (OperationCanceledException)
        {
            await KillAsync(run, process).ConfigureAwait(false);
            return null;
        }

        return process.Exited.IsCompletedSuccessfully ? (int)process.Exited.Result.Status : null;
    }

    private static async Task KillAsync(ContainerRun run, GuestProcess process)
    {
        using CancellationTokenSource limit = new(s_deathTimeout);
        Task kill = run.Session.KillAsync(process.Number, Signals.Kill, limit.Token);
        await kill.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await Task.WhenAny(process.Exited, run.Ended, run.Released, Task.Delay(s_deathTimeout)).ConfigureAwait(false);
    }

    private static async Task<string> ReadAsync(IAttachment attachment, int maxOutput)
    {
        StringBuilder text = new();
        Decoder decoder = Encoding.UTF8.GetDecoder();
        char[] buffer = new char[maxOutput];
        while (await attachment.ReadAsync(CancellationToken.None).ConfigureAwait(false) is { } chunk)
        {
            int take = Math.Min(chunk.Bytes.Length, maxOutput - text.Length);
            int count = decoder.GetChars(chunk.Bytes.Span[..take], buffer, flush: false);
            text.Append(buffer, 0, count);
        }

        return text.ToString();
    }
}
