using System.Text.Json;
using MicroVm.Api;
using MicroVm.Api.Containers;
using MicroVm.Cli.Arguments;
using MicroVm.Cli.Containers;
using MicroVm.Cli.Http;
using MicroVm.Cli.Interop;
using MicroVm.Cli.Streams;
using MicroVm.Cli.Values;

namespace MicroVm.Cli.Commands;

internal sealed class LogsCommand : Command
{
    private bool _details;
    private bool _follow;
    private bool _timestamps;
    private bool _kernel;
    private string _tail = "all";
    private string? _since;
    private string? _until;

    internal override void Define(FlagSet flags)
    {
        flags.Switch("details", '\0', "Show extra details provided to logs", value => _details = value);
        flags.Switch("follow", 'f', "Follow log output", value => _follow = value);
        flags.Switch("kernel", '\0', "Show the console of the guest's kernel instead", value => _kernel = value);
        flags.Text("since", '\0', "Show logs since timestamp (e.g. \"2013-01-02T13:23:37Z\") or relative (e.g. \"42m\" for 42 minutes)", value => _since = Timestamp.Parse(value));
        flags.Text("tail", 'n', "Number of lines to show from the end of the logs (default \"all\")", value => _tail = value);
        flags.Switch("timestamps", 't', "Show timestamps", value => _timestamps = value);
        flags.Text("until", '\0', "Show logs before a timestamp (e.g. \"2013-01-02T13:23:37Z\") or relative (e.g. \"42m\" for 42 minutes)", value => _until = Timestamp.Parse(value));
    }

    internal override int Execute(CommandContext context, List<string> operands)
    {
        if (_kernel)
        {
            string path = MvmRoutes.KernelLog.Replace("{id}", Percent.Encode(operands[0]), StringComparison.Ordinal);
            RawCopy.Copy(context.Client.Stream("GET", _follow ? path + "?follow=1" : path), FileDescriptor.StandardOutput);
            return ExitCodes.Success;
        }

        byte[] answer = context.Client.Request("GET", ContainerPaths.Of(operands[0], "json"));
        ContainerInspect container = JsonSerializer.Deserialize(answer, ApiJsonContext.Api.ContainerInspect)!;
        EngineResponse log = context.Client.Stream("GET", ContainerPaths.Of(container.Id, $"logs?{Query()}"));
        if (container.Config.Tty)
        {
            RawCopy.Copy(log, FileDescriptor.StandardOutput);
        }
        else
        {
            new FrameDemultiplexer(FileDescriptor.StandardOutput, FileDescriptor.StandardError).Copy(log);
        }

        return ExitCodes.Success;
    }

    private string Query()
    {
        string query = $"stdout=1&stderr=1&follow={(_follow ? 1 : 0)}&timestamps={(_timestamps ? 1 : 0)}&tail={Percent.Encode(_tail)}";
        query += _details ? "&details=1" : "";
        query += _since is null ? "" : $"&since={_since}";
        return _until is null ? query : $"{query}&until={_until}";
    }
}
