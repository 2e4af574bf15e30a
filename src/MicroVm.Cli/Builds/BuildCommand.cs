using MicroVm.Cli.Arguments;
using MicroVm.Cli.Commands;
using MicroVm.Cli.Http;

namespace MicroVm.Cli.Builds;

/// <summary>The context goes up while the daemon's words come down; the process's end cancels the build.</summary>
internal sealed class BuildCommand : Command
{
    private readonly BuildOptions _options = new();

    internal override void Define(FlagSet flags) => BuildFlags.Define(flags, _options);

    internal override int Execute(CommandContext context, List<string> operands)
    {
        BuildSource source = BuildSources.Of(operands[0], _options.Dockerfile);
        var output = new BuildOutput(context.Out);
        output.Show(Send(context.Client, source));
        if (_options.IdFile is { } file && output.ImageId is { } id)
        {
            File.WriteAllText(file, id);
        }

        return ExitCodes.Success;
    }

    /// <summary>The daemon answers when it has read the context, or knows that it need not.</summary>
    private EngineResponse Send(EngineClient client, BuildSource source)
    {
        string path = BuildQuery.Path(_options, source.Dockerfile, source.Remote);
        if (source.Write is not { } write)
        {
            return client.Stream("POST", path, BuildQuery.Headers());
        }

        EngineConnection connection = client.Connect();
        var upload = new ChunkedUpload(connection);
        upload.Start("POST", path, "Content-Type: application/x-tar\r\n" + BuildQuery.Headers(), write);
        EngineResponse? answer = upload.Receive();
        if (upload.Failure is { } failure)
        {
            throw failure;
        }

        return answer is { IsSuccess: true } ? answer : throw EngineClient.Refusal(answer!);
    }
}
