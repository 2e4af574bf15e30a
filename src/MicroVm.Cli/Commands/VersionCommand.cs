using System.Reflection;
using System.Text;
using System.Text.Json;
using MicroVm.Api;
using MicroVm.Api.Info;
using MicroVm.Cli.Arguments;
using MicroVm.Cli.Templates;

namespace MicroVm.Cli.Commands;

internal sealed class VersionCommand : Command
{
    private string? _format;

    /// <summary>Of this program.</summary>
    internal static string Version { get; } =
        typeof(VersionCommand).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "";

    internal override void Define(FlagSet flags) =>
        flags.Text("format", 'f', "Format output: 'json' or a Go template", value => _format = value);

    internal override int Execute(CommandContext context, List<string> operands)
    {
        if (_format is { Length: > 0 } format)
        {
            byte[] answer = context.Client.Request("GET", "/version");
            byte[] both = Encoding.UTF8.GetBytes(
                $$"""{"Client":{"Version":"{{Version}}","ApiVersion":"{{ApiVersions.Current}}","Os":"linux","Arch":"amd64"},"Server":{{Encoding.UTF8.GetString(answer)}}}""");
            using JsonDocument document = JsonDocument.Parse(both);
            context.Out.WriteLine(GoTemplate.Parse(format == "json" ? "{{json .}}" : format).Render(document.RootElement));
            return ExitCodes.Success;
        }

        context.Out.WriteLine("Client: MicroVm").WriteLine($" Version:           {Version}").WriteLine($" API version:       {ApiVersions.Current}");
        context.Out.WriteLine(" OS/Arch:           linux/amd64").Flush();
        WriteServer(context);
        return ExitCodes.Success;
    }

    private static void WriteServer(CommandContext context)
    {
        VersionResponse server = JsonSerializer.Deserialize(context.Client.Request("GET", "/version"), ApiJsonContext.Api.VersionResponse)!;
        context.Out.WriteLine().WriteLine($"Server: {server.Platform?.Name}".TrimEnd());
        context.Out.WriteLine($" Version:           {server.Version}");
        context.Out.WriteLine($" API version:       {server.ApiVersion} (minimum version {server.MinAPIVersion})");
        context.Out.WriteLine($" OS/Arch:           {server.Os}/{server.Arch}").WriteLine($" Kernel:            {server.KernelVersion}");
        foreach (ComponentVersion component in (server.Components ?? []).Skip(1))
        {
            context.Out.WriteLine($" {component.Name}:".PadRight(20) + component.Version);
        }
    }
}
