using MicroVm.Cli.Commands;

namespace MicroVm.Cli.Completion;

/// <summary>What a command works on: containers in a state that suits it, images, files.</summary>
/// <param name="group">The group that the command was called by (<c>image inspect</c>); empty: none.</param>
internal sealed class OperandWords(LiveObjects objects, CommandInfo info, string group)
{
    /// <param name="before">The operands that are there already.</param>
    internal Candidates At(List<string> before)
    {
        if (before.Count >= info.Maximum)
        {
            return new Candidates();
        }

        Candidates words = Choose(before.Count);
        return info.Maximum == int.MaxValue ? words.Without(before) : words;
    }

    private Candidates Choose(int index) => (info.Name, index) switch
    {
        ("run" or "create", 0) => objects.Images(),
        ("run" or "create", _) => Candidates.FileNames(),
        ("exec" or "attach" or "top", > 0) => new Candidates(),
        ("exec" or "attach" or "pause", _) => objects.Containers(state => state == "running"),
        ("kill" or "stop" or "stats" or "top" or "wait", _) => objects.Containers(IsLive),
        ("unpause", _) => objects.Containers(state => state == "paused"),
        ("start", _) => objects.Containers(state => !IsLive(state)),
        ("commit", 1) or ("pull" or "push" or "rmi" or "tag" or "images" or "history" or "save", _) => objects.Images(),
        ("rename" or "port", 1) => new Candidates(),
        ("rm" or "logs" or "restart" or "rename" or "port" or "diff" or "export" or "update" or "commit", _) => objects.Containers(_ => true),
        ("network inspect" or "network rm", _) or ("network connect" or "network disconnect", 0) => objects.Networks(),
        ("network connect" or "network disconnect", 1) => objects.Containers(_ => true),
        ("inspect", _) => Inspected(),
        ("cp", _) => CopyEnds(),
        ("build", _) => Candidates.FileNames(),
        ("volume inspect" or "volume rm", _) => objects.Volumes(),
        ("completion", _) => Candidates.Of("bash", "zsh", "fish"),
        _ => new Candidates(),
    };

    private static bool IsLive(string state) => state is "running" or "paused" or "restarting";

    private Candidates Inspected()
    {
        Candidates words = group == "image" ? new Candidates() : objects.Containers(_ => true);
        if (group != "container")
        {
            words.AddRange(objects.Images());
        }

        if (group.Length == 0)
        {
            words.AddRange(objects.Networks());
            words.AddRange(objects.Volumes());
        }

        return words;
    }

    private Candidates CopyEnds()
    {
        Candidates ends = objects.Containers(_ => true).WithSuffix(":");
        (ends.Files, ends.NoSpace) = (true, true);
        return ends;
    }
}
