using MicroVm.Hypervisor;
using MicroVm.Images;
using MicroVm.Protocol;
using MicroVm.Protocol.Connection;
using MicroVm.Protocol.Messages;

namespace MicroVm.Engine.Containers;

/// <summary>
/// A start that failed, in the words and with the exit code that Docker's clients know: the client finds 126 and 127
/// by looking for "executable file not found", "no such file or directory" and "permission denied" in the text.
/// </summary>
internal sealed record StartFailure(int ExitCode, EngineErrorKind Kind, string Message)
{
    private const int CannotStart = 125;
    private const int CannotInvoke = 126;
    private const int CommandNotFound = 127;

    private const string RuntimeContext =
        "failed to create task for container: failed to create shim task: OCI runtime create failed: runc create failed: "
        + "unable to start container process: ";

    /// <param name="context">What Docker's runtime says before the guest's own words.</param>
    public static StartFailure From(Exception exception, string context = RuntimeContext) => exception switch
    {
        RequestFailedException { Failure: { } failure } => FromGuest(failure, context),
        EngineException engine => new(CannotStart, engine.Kind, engine.Message),
        ImageException { Kind: ImageErrorKind.NotFound } image => new(CannotStart, EngineErrorKind.NotFound, image.Message),
        ImageException or HypervisorException => new(CannotStart, EngineErrorKind.Internal, exception.Message),
        ProtocolException => new(CannotStart, EngineErrorKind.Internal, $"the guest agent broke the protocol: {OneLine.Of(exception.Message)}"),
        _ => new(CannotStart, EngineErrorKind.Internal, OneLine.Of(exception.Message)),
    };

    private static StartFailure FromGuest(Failure failure, string context)
    {
        string text = OneLine.Of(failure.Message);
        return failure.Kind switch
        {
            FailureKind.NotFound => Runtime(CommandNotFound, context, text),
            FailureKind.NotExecutable => Runtime(CannotInvoke, context, text),
            FailureKind.WorkingDirectory => Runtime(IsNotFound(text) ? CommandNotFound : CannotInvoke, context, text),
            FailureKind.UnknownUser => new(CannotInvoke, EngineErrorKind.Invalid, text),
            FailureKind.Mount or FailureKind.InvalidRequest => Runtime(CannotStart, context, text),
            _ => new(CannotStart, EngineErrorKind.Internal, text),
        };
    }

    private static bool IsNotFound(string text) => text.Contains("no such file or directory", StringComparison.OrdinalIgnoreCase);

    private static StartFailure Runtime(int exitCode, string context, string text) =>
        new(exitCode, EngineErrorKind.Invalid, $"{context}{text}: unknown");
}
