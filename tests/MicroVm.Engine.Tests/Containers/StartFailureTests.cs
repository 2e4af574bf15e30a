using MicroVm.Engine.Containers;
using MicroVm.Hypervisor;
using MicroVm.Images;
using MicroVm.Protocol.Connection;
using MicroVm.Protocol.Messages;

namespace MicroVm.Engine.Tests.Containers;

public sealed class StartFailureTests
{
    [Theory]
    [InlineData(FailureKind.NotFound, "exec: \"x\": executable file not found in $PATH", 127)]
    [InlineData(FailureKind.NotExecutable, "exec: \"/x\": permission denied", 126)]
    [InlineData(FailureKind.WorkingDirectory, "chdir to cwd (\"/x\") set in config.json failed: not a directory", 126)]
    public void TheRuntimesWordsSurviveInDockersSentence(FailureKind kind, string text, int exitCode)
    {
        StartFailure failure = StartFailure.From(new RequestFailedException(new Failure(kind, 0, text)));
        Assert.Equal((exitCode, EngineErrorKind.Invalid), (failure.ExitCode, failure.Kind));
        Assert.Equal(
            "failed to create task for container: failed to create shim task: OCI runtime create failed: runc create failed: "
            + $"unable to start container process: {text}: unknown",
            failure.Message);
    }

    [Fact]
    public void AnUnknownUserIsToldAsDockerTellsIt()
    {
        const string Text = "unable to find user nobody2: no matching entries in passwd file";
        StartFailure failure = StartFailure.From(new RequestFailedException(new Failure(FailureKind.UnknownUser, 0, Text)));
        Assert.Equal((126, Text), (failure.ExitCode, failure.Message));
    }

    [Fact]
    public void AHostileMessageStaysOneLine()
    {
        StartFailure failure = StartFailure.From(new RequestFailedException(new Failure(FailureKind.Internal, 0, "a\n\u001b[31mb\r\n")));
        Assert.DoesNotContain(failure.Message, char.IsControl);
    }

    [Fact]
    public void OtherFailuresAre125()
    {
        Exception[] failures =
        [
            new HypervisorException("x"), new ImageException(ImageErrorKind.Corrupt, "x"), new IOException("x"),
            new EngineException(EngineErrorKind.Internal, "x"),
        ];
        Assert.All(failures, failure => Assert.Equal((125, "x"), (StartFailure.From(failure).ExitCode, StartFailure.From(failure).Message)));
    }
}
