using Microsoft.Extensions.Logging;

namespace MicroVm.Engine.Containers;

public sealed partial class ContainerService
{
    [LoggerMessage(1000, LogLevel.Information, "Container {Id} ({Name}) created from {Image}")]
    private partial void LogCreated(string id, string name, string image);

    [LoggerMessage(1001, LogLevel.Information, "Container {Id} runs, {How} in {Milliseconds} ms")]
    private partial void LogStarted(string id, string how, double milliseconds);

    [LoggerMessage(1002, LogLevel.Warning, "Container {Id} did not start: {Reason}")]
    private partial void LogStartFailed(string id, string reason);

    [LoggerMessage(1003, LogLevel.Information, "Container {Id} ended with exit code {ExitCode} {Reason}")]
    private partial void LogEnded(string id, int exitCode, string reason);

    [LoggerMessage(1004, LogLevel.Information, "Container {Id} removed")]
    private partial void LogRemoved(string id);

    [LoggerMessage(1005, LogLevel.Warning, "Container {Id}: its guest agent broke the protocol and the VM is ended: {Reason}")]
    private partial void LogGuestViolation(string id, string reason);

    [LoggerMessage(1006, LogLevel.Warning, "Container {Id}: its guest did not shut down cleanly: {Reason}")]
    private partial void LogUncleanShutdown(string id, string reason);

    [LoggerMessage(1007, LogLevel.Error, "Container {Id}: output is missing from its log: {Reason}")]
    private partial void LogIncomplete(string id, string reason);

    [LoggerMessage(1008, LogLevel.Information, "Container {Id} taken over, VMM process {Pid}")]
    private partial void LogAdopted(string id, int pid);

    [LoggerMessage(1009, LogLevel.Error, "Container {Id} could not be taken over: {Reason}")]
    private partial void LogRecoveryFailed(string id, string reason);

    [LoggerMessage(
        1012, LogLevel.Debug, "Container {Id}: kernel {Kernel}, agent {Agent}, {Available} of {Total} bytes of memory free before its process")]
    private partial void LogGuest(string id, string kernel, string agent, ulong total, ulong available);

    [LoggerMessage(1011, LogLevel.Error, "Container {Id}: its virtual machine could not be cleared away")]
    private partial void LogSupervisionFailed(Exception exception, string id);

    [LoggerMessage(1010, LogLevel.Error, "What is kept of a container or volume can't be read and is left alone: {Reason}")]
    private partial void LogUnreadable(string reason);

    [LoggerMessage(1014, LogLevel.Warning, "Container {Id} is paused, and its processors could not be stopped again after its files were copied: {Reason}")]
    private partial void LogNotStopped(string id, string reason);

    [LoggerMessage(1015, LogLevel.Warning, "Container {Id}: {Warning}")]
    private partial void LogWeaker(string id, string warning);

    [LoggerMessage(1013, LogLevel.Error, "A virtual machine that an earlier daemon left in {Directory} could not be ended: {Reason}")]
    private partial void LogStrayVm(string directory, string reason);
}
