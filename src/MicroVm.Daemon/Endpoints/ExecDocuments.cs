using MicroVm.Api.Execs;
using MicroVm.Engine.Execs;

namespace MicroVm.Daemon.Endpoints;

/// <summary>Between the API's documents and the engine's records of an exec.</summary>
internal static class ExecDocuments
{
    public static ExecSpec Spec(ExecCreateRequest request) => new()
    {
        Arguments = ContainerSpecs.Strings(request.Cmd),
        Environment = ContainerSpecs.Strings(request.Env),
        WorkingDirectory = request.WorkingDir ?? "",
        User = request.User ?? "",
        Privileged = request.Privileged,
        Terminal = request.Tty,
        AttachStdin = request.AttachStdin,
        AttachStdout = request.AttachStdout,
        AttachStderr = request.AttachStderr,
        DetachKeys = request.DetachKeys ?? "",
    };

    public static ExecInspect Inspect(ExecSnapshot exec) => new()
    {
        Id = exec.Id,
        ContainerId = exec.ContainerId,
        Running = exec.Running,
        ExitCode = exec.ExitCode,
        OpenStdin = exec.Spec.AttachStdin,
        OpenStdout = exec.Spec.AttachStdout,
        OpenStderr = exec.Spec.AttachStderr,
        CanRemove = exec.ExitCode is not null,
        DetachKeys = exec.Spec.DetachKeys,
        ProcessConfig = new()
        {
            Tty = exec.Spec.Terminal,
            Entrypoint = exec.Spec.Arguments[0],
            Arguments = [.. exec.Spec.Arguments.Skip(1)],
            Privileged = exec.Spec.Privileged,
            User = exec.Spec.User.Length > 0 ? exec.Spec.User : null,
        },
    };
}
