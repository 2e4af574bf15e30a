using MicroVm.Api.Execs;
using MicroVm.Cli.Http;
using MicroVm.Cli.Json;
using MicroVm.Cli.Terminal;

namespace MicroVm.Cli.Containers;

/// <summary>A process beside a container's own: made, then started with our streams, then asked for its exit code.</summary>
internal sealed class ExecSession(EngineClient client, ExecOptions options)
{
    /// <returns>The process's exit code; 0 where it runs on without us.</returns>
    internal int Run(string container)
    {
        byte[] answer = client.Request("POST", ContainerPaths.Of(container, "exec"), ExecRequests.Create(options));
        string id = JsonMembers.Text(JsonMembers.Find(answer, nameof(ExecCreateResponse.Id)))
            ?? throw new ProtocolException("the answer has no Id");
        if (options.Detached)
        {
            client.Request("POST", ContainerPaths.OfExec(id, "start"), ExecRequests.Start(options));
            return ExitCodes.Success;
        }

        return Attach(id) ? ExitCode(id) : ExitCodes.Success;
    }

    private bool Attach(string id)
    {
        EngineConnection connection = client.Connect();
        connection.Send(
            "POST", ContainerPaths.OfExec(id, "start"), ExecRequests.Start(options), "Connection: Upgrade\r\nUpgrade: tcp\r\n");
        EngineResponse response = connection.Receive();
        if (!response.IsSuccess)
        {
            throw EngineClient.Refusal(response);
        }

        return new ProcessStreams(connection, response, options.Streams, size => Resize(id, size)).Copy(() => { });
    }

    private int ExitCode(string id)
    {
        byte[] answer = client.Request("GET", ContainerPaths.OfExec(id, "json"));
        return JsonMembers.Integer(JsonMembers.Find(answer, nameof(ExecInspect.ExitCode)))
            ?? throw new CliException("the connection ended before the process: it may still run");
    }

    private void Resize(string id, TerminalSize size)
    {
        try
        {
            client.Request("POST", ContainerPaths.OfExec(id, $"resize?h={size.Rows}&w={size.Columns}"));
        }
        catch (Exception failure) when (failure is EngineException or ProtocolException or IOException)
        {
            // It ended at the same moment; the exit code is on its way.
        }
    }
}
