using MicroVm.Cli.Arguments;
using MicroVm.Cli.Http;
using MicroVm.Cli.Images;

namespace MicroVm.Cli.Commands;

internal sealed class PushCommand : Command
{
    private bool _allTags;
    private bool _quiet;

    internal override void Define(FlagSet flags)
    {
        flags.Switch("all-tags", 'a', "Push all tags of an image to the repository", value => _allTags = value);
        flags.Switch("quiet", 'q', "Suppress verbose output", value => _quiet = value);
    }

    internal override int Execute(CommandContext context, List<string> operands)
    {
        ImageName name = ImageName.Parse(operands[0]);
        if (_allTags && !name.IsBare)
        {
            throw new CliException("tag can't be used with --all-tags/-a");
        }

        if (name.IsBare && !_allTags && !_quiet)
        {
            context.Out.WriteLine("Using default tag: latest").Flush();
        }

        string query = _allTags ? "" : $"?tag={Percent.Encode(name.TagOrDigest)}";
        EngineResponse answer = context.Client.Stream(
            "POST", $"/images/{Percent.Encode(name.Repository)}/push{query}", RegistryAuth.HeaderFor(name.Domain));
        ProgressStream.Show(answer, _quiet ? null : context.Out);
        if (_quiet)
        {
            context.Out.WriteLine(_allTags ? name.Repository : name.Canonical);
        }

        return ExitCodes.Success;
    }
}
