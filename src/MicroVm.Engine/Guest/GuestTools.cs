using System.Security.Cryptography;
using MicroVm.Protocol.Connection;
using MicroVm.Protocol.Messages;

namespace MicroVm.Engine.Guest;

/// <summary>The agent's own tools, over one connection to it.</summary>
internal sealed class GuestTools(AgentConnection connection)
{
    // Beyond what other processes are numbered with, and nowhere near those of another daemon before this one.
    private const int First = 1 << 29;
    private const int Last = 1 << 30;
    private uint _last = (uint)RandomNumberGenerator.GetInt32(First, Last);

    /// <summary>Whether a process of that number was started by such an object.</summary>
    public static bool IsTool(uint process) => process >= First;

    /// <summary>Starts a tool. Throws <see cref="RequestFailedException"/> when it can't be, and what ends the connection.</summary>
    /// <param name="what">The request; process and streams are filled in here.</param>
    /// <param name="hasInput">It reads a stream.</param>
    public async Task<GuestTool> StartAsync(StartTool what, bool hasInput, CancellationToken cancellationToken)
    {
        uint process = Interlocked.Increment(ref _last);
        uint stdin = 3 * process;
        StartTool request = what with { Process = process, Stdin = hasInput ? stdin : 0, Stdout = stdin + 1, Stderr = stdin + 2 };
        GuestTool tool = GuestTool.Start(connection, request, out Task<Started> started);
        try
        {
            await started.WaitAsync(cancellationToken).ConfigureAwait(false);
            return tool;
        }
        catch (OperationCanceledException)
        {
            // It may run all the same.
            await tool.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }
}
