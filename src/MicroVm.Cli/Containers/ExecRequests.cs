using MicroVm.Api.Execs;
using MicroVm.Cli.Json;
using MicroVm.Cli.Terminal;
using MicroVm.Cli.Values;

namespace MicroVm.Cli.Containers;

/// <summary>The bodies of an exec's requests.</summary>
internal static class ExecRequests
{
    internal static byte[] Create(ExecOptions options)
    {
        JsonBuilder json = new();
        json.StartObject();
        json.Texts(nameof(ExecCreateRequest.Cmd), options.Command);
        json.Texts(nameof(ExecCreateRequest.Env), KeyValueFile.Variables(options.EnvironmentFiles, options.Environment));
        json.Text(nameof(ExecCreateRequest.User), options.User);
        json.Text(nameof(ExecCreateRequest.WorkingDir), options.WorkingDirectory);
        json.Text(nameof(ExecCreateRequest.DetachKeys), options.DetachKeys.Text);
        json.Boolean(nameof(ExecCreateRequest.Privileged), options.Privileged);
        json.Boolean(nameof(ExecCreateRequest.Tty), options.Terminal);
        json.Boolean(nameof(ExecCreateRequest.AttachStdin), options.Interactive && !options.Detached);
        json.Boolean(nameof(ExecCreateRequest.AttachStdout), !options.Detached);
        json.Boolean(nameof(ExecCreateRequest.AttachStderr), !options.Detached);
        json.EndObject();
        return json.ToUtf8();
    }

    internal static byte[] Start(ExecOptions options)
    {
        JsonBuilder json = new();
        json.StartObject();
        json.Boolean(nameof(ExecStartRequest.Detach), options.Detached);
        json.Boolean(nameof(ExecStartRequest.Tty), options.Terminal);
        if (options.Size is { } size)
        {
            Add(json, size);
        }

        json.EndObject();
        return json.ToUtf8();
    }

    private static void Add(JsonBuilder json, TerminalSize size)
    {
        json.StartArray(nameof(ExecStartRequest.ConsoleSize));
        json.Number(size.Rows);
        json.Number(size.Columns);
        json.EndArray();
    }
}
