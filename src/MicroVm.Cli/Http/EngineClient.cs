using MicroVm.Cli.Daemon;
using MicroVm.Cli.Interop;

namespace MicroVm.Cli.Http;

/// <summary>
/// The Engine API. Keeps one connection for requests in sequence; streams and waits get their own. Paths have no
/// version: daemon and client come in one package, and the newest is meant. Disposed by the process's end.
/// </summary>
internal sealed class EngineClient(EngineEndpoint endpoint)
{
    private EngineConnection? _idle;

    /// <summary>Opens a connection, starting mvmd when it is ours to start and nothing listens.</summary>
    /// <exception cref="CliException">The daemon can't be reached.</exception>
    internal EngineConnection Connect()
    {
        try
        {
            return new EngineConnection(UnixSocket.Connect(endpoint.Path));
        }
        catch (SystemCallException failure)
        {
            if (endpoint.IsDefault && failure.Error is Constants.ENOENT or Constants.ECONNREFUSED)
            {
                return new EngineConnection(DaemonLauncher.Default().Start(endpoint.Path));
            }

            throw Unreachable(failure);
        }
    }

    /// <summary>Sends and reads the whole answer. Safe to call from several threads.</summary>
    /// <param name="head">Looks at the head of a success.</param>
    /// <exception cref="EngineException">The daemon refused.</exception>
    internal byte[] Request(string method, string path, ReadOnlySpan<byte> body = default, Action<EngineResponse>? head = null)
    {
        EngineConnection connection = Idle();
        connection.Send(method, path, body);
        EngineResponse response = connection.Receive();
        if (!response.IsSuccess && response.Status != 304)
        {
            throw Refusal(response);
        }

        head?.Invoke(response);
        byte[] answer = response.ReadAll();
        Keep(connection, response);
        return answer;
    }

    /// <summary>A request on a connection of its own, whose answer is a stream.</summary>
    internal EngineResponse Stream(string method, string path, string headers = "")
    {
        EngineConnection connection = Connect();
        connection.Send(method, path, default, headers);
        EngineResponse response = connection.Receive();
        return response.IsSuccess ? response : throw Refusal(response);
    }

    internal static EngineException Refusal(EngineResponse response) => new(response.Status, response.ReadError());

    // Taken by one thread, and it may have been closed in the meantime.
    private EngineConnection Idle()
    {
        EngineConnection? idle = Interlocked.Exchange(ref _idle, null);
        if (idle is { IsClosed: false })
        {
            return idle;
        }

        idle?.Dispose();
        return Connect();
    }

    private void Keep(EngineConnection connection, EngineResponse response)
    {
        if ("close".Equals(response.Header("Connection"), StringComparison.OrdinalIgnoreCase))
        {
            connection.Dispose();
        }
        else
        {
            Interlocked.Exchange(ref _idle, connection)?.Dispose();
        }
    }

    private CliException Unreachable(SystemCallException failure) => failure.Error == Constants.EACCES
        ? new CliException($"permission denied while connecting to mvmd at {endpoint.Path}: be its user, or root")
        : new CliException(
            $"cannot connect to mvmd at {endpoint.Path} ({SystemCallException.Describe(failure.Error)}): is it running?");
}
