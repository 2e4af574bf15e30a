using System.Text;
using System.Text.Json;
using MicroVm.Api;
using MicroVm.Cli.Arguments;
using MicroVm.Cli.Http;
using MicroVm.Cli.Images;

namespace MicroVm.Cli.Commands;

internal sealed class CommitCommand : Command
{
    private readonly List<string> _changes = [];
    private string _author = "";
    private string _message = "";
    private bool _pause = true;

    internal override void Define(FlagSet flags)
    {
        flags.Text("author", 'a', "Author (e.g., \"John Hannibal Smith <hannibal@a-team.com>\")", value => _author = value);
        flags.Text("change", 'c', "Apply Dockerfile instruction to the created image", value => _changes.Add(value), "list");
        flags.Text("message", 'm', "Commit message", value => _message = value);
        flags.Switch("pause", 'p', "Pause container during commit (default true)", value => _pause = value);
    }

    internal override int Execute(CommandContext context, List<string> operands)
    {
        var query = new StringBuilder($"/commit?container={Percent.Encode(operands[0])}");
        if (operands.Count > 1)
        {
            ImageName name = ImageName.Parse(operands[1]);
            query.Append($"&repo={Percent.Encode(name.Repository)}&tag={Percent.Encode(name.TagOrDigest)}");
        }

        query.Append($"&author={Percent.Encode(_author)}&comment={Percent.Encode(_message)}&pause={(_pause ? 1 : 0)}");
        foreach (string change in _changes)
        {
            query.Append($"&changes={Percent.Encode(change)}");
        }

        byte[] answer = context.Client.Request("POST", query.ToString());
        context.Out.WriteLine(JsonSerializer.Deserialize(answer, ApiJsonContext.Api.CommitResponse)!.Id);
        return ExitCodes.Success;
    }
}
