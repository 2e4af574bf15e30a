using MicroVm.Api.Containers;
using MicroVm.Cli.Http;
using MicroVm.Cli.Json;
using MicroVm.Cli.Terminal;

namespace MicroVm.Cli.Containers;

/// <summary>
/// A container with our standard streams attached. In this order, so that not one byte and no exit is missed: attach,
/// register the wait, start, size the terminal, copy, read the exit code.
/// </summary>
internal sealed class ContainerSession(EngineClient client, string container, AttachRequest request)
{
    private EngineResponse? _output;
    private EngineResponse? _exit;
    private EngineConnection? _connection;

    /// <summary>The API's wait conditions.</summary>
    internal const string UntilRemoved = "removed", UntilNextExit = "next-exit", UntilNotRunning = "not-running";

    /// <summary>Attaches and registers the wait; the container may not run yet.</summary>
    internal void Prepare(string condition)
    {
        _connection = client.Connect();
        EngineConnection wait = client.Connect();
        _connection.Send("POST", AttachPath(), default, "Connection: Upgrade\r\nUpgrade: tcp\r\n");
        wait.Send("POST", ContainerPaths.Of(container, $"wait?condition={condition}"), default);
        _output = Accepted(_connection.Receive());
        _exit = Accepted(wait.Receive());
    }

    /// <summary>Copies until the container ends or the user detaches.</summary>
    /// <param name="started">Called with the streams connected: starts the container.</param>
    /// <param name="firstOutput">Called before the first byte.</param>
    /// <returns>The exit code.</returns>
    internal int Run(Action started, Action? firstOutput = null)
    {
        ProcessStreams streams = new(_connection!, _output!, request, Resize) { Forward = Forward };
        return streams.Copy(started, firstOutput) ? ExitCode() : ExitCodes.Success;
    }

    private string AttachPath()
    {
        static int Bit(bool value) => value ? 1 : 0;
        return ContainerPaths.Of(
            container, $"attach?stream=1&stdin={Bit(request.Stdin)}&stdout={Bit(request.Stdout)}&stderr={Bit(request.Stderr)}"
            + (request.DetachKeys.Text.Length > 0 ? "&detachKeys=" + Percent.Encode(request.DetachKeys.Text) : ""));
    }

    private static EngineResponse Accepted(EngineResponse response) =>
        response.IsSuccess ? response : throw EngineClient.Refusal(response);

    private int ExitCode()
    {
        byte[] answer = _exit!.ReadAll();
        ReadOnlySpan<byte> error = JsonMembers.Find(answer, nameof(ContainerWaitResponse.Error));
        if (error.StartsWith("{"u8) && JsonMembers.Text(JsonMembers.Find(error, nameof(ContainerWaitError.Message))) is { Length: > 0 } message)
        {
            throw new CliException(message, ExitCodes.EngineFailure);
        }

        return JsonMembers.Integer(JsonMembers.Find(answer, nameof(ContainerWaitResponse.StatusCode)))
            ?? throw new ProtocolException("the answer has no StatusCode");
    }

    private void Forward(string signal)
    {
        try
        {
            client.Request("POST", ContainerPaths.Of(container, $"kill?signal={signal}"));
        }
        catch (Exception failure) when (failure is EngineException or ProtocolException or IOException)
        {
            // It ended at the same moment; the exit code is on its way.
        }
    }

    private void Resize(TerminalSize size)
    {
        try
        {
            client.Request("POST", ContainerPaths.Of(container, $"resize?h={size.Rows}&w={size.Columns}"));
        }
        catch (Exception failure) when (failure is EngineException or ProtocolException or IOException)
        {
            // It ended at the same moment; the exit code is on its way.
        }
    }
}
