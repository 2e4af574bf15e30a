using MicroVm.Cli.Containers;
using MicroVm.Cli.Http;
using MicroVm.Cli.Images;

namespace MicroVm.Cli.Commands;

internal sealed class TagCommand : Command
{
    internal override int Execute(CommandContext context, List<string> operands)
    {
        ImageName target = ImageName.Parse(operands[1]);
        if (target.Digest is not null)
        {
            throw new CliException("refusing to create a tag with a digest reference");
        }

        string query = $"/tag?repo={Percent.Encode(target.Repository)}&tag={Percent.Encode(target.TagOrDigest)}";
        context.Client.Request("POST", ContainerPaths.OfImage(operands[0], query));
        return ExitCodes.Success;
    }
}
