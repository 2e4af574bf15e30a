namespace MicroVm.Builds;

/// <summary>An instruction, its parts told apart; variables in it stand as they were written.</summary>
/// <param name="Line">Where it begins, from 1.</param>
/// <param name="Source">As builds show it: one line.</param>
public abstract record Command(int Line, string Source);

/// <param name="Name">What later stages call it; empty: its number alone.</param>
/// <param name="Platform">Empty: the build's.</param>
public sealed record FromCommand(int Line, string Source, string Image, string Name, string Platform) : Command(Line, Source);

/// <param name="Variables">Names and defaults; null: none is given.</param>
public sealed record ArgCommand(int Line, string Source, IReadOnlyList<KeyValuePair<string, string?>> Variables) : Command(Line, Source);

public sealed record EnvCommand(int Line, string Source, IReadOnlyList<KeyValuePair<string, string>> Variables) : Command(Line, Source);

/// <param name="IsLiteral">Not out of a Dockerfile: nothing in it is replaced.</param>
public sealed record LabelCommand(int Line, string Source, IReadOnlyList<KeyValuePair<string, string>> Labels, bool IsLiteral = false)
    : Command(Line, Source);

public sealed record ExposeCommand(int Line, string Source, IReadOnlyList<string> Ports) : Command(Line, Source);

public sealed record UserCommand(int Line, string Source, string User) : Command(Line, Source);

public sealed record WorkdirCommand(int Line, string Source, string Path) : Command(Line, Source);

public sealed record VolumeCommand(int Line, string Source, IReadOnlyList<string> Paths) : Command(Line, Source);

public sealed record StopSignalCommand(int Line, string Source, string Signal) : Command(Line, Source);

/// <param name="Text">Options and what follows them.</param>
public sealed record HealthcheckCommand(int Line, string Source, string Text) : Command(Line, Source);

public sealed record ShellCommand(int Line, string Source, IReadOnlyList<string> Words) : Command(Line, Source);

/// <param name="Instruction">To be executed by images built on top of this one.</param>
public sealed record OnbuildCommand(int Line, string Source, string Instruction) : Command(Line, Source);

public sealed record MaintainerCommand(int Line, string Source, string Author) : Command(Line, Source);

public sealed record CmdCommand(int Line, string Source, CommandWords Words) : Command(Line, Source);

public sealed record EntrypointCommand(int Line, string Source, CommandWords Words) : Command(Line, Source);

/// <param name="Words">What to run.</param>
public sealed record RunCommand(int Line, string Source, CommandWords Words) : Command(Line, Source)
{
    /// <summary>default, none, or host.</summary>
    public string Network { get; init; } = "default";

    /// <summary>--mount, as they were written: type=tmpfs,target=/x.</summary>
    public IReadOnlyList<string> Mounts { get; init; } = [];
}

/// <summary>COPY and ADD.</summary>
public sealed record CopyCommand(int Line, string Source, bool IsAdd, IReadOnlyList<string> Sources, string Destination) : Command(Line, Source)
{
    /// <summary>A stage or an image; empty: the context.</summary>
    public string From { get; init; } = "";

    /// <summary>user[:group]; empty: root's, or with --from as they are there.</summary>
    public string Chown { get; init; } = "";

    /// <summary>Octal; empty: as they are.</summary>
    public string Chmod { get; init; } = "";

    /// <summary>Sources that stand in the Dockerfile itself.</summary>
    public IReadOnlyList<HereDocument> HereDocuments { get; init; } = [];

    public string Keyword => IsAdd ? "ADD" : "COPY";
}

/// <summary>What is to be executed.</summary>
/// <param name="UsesShell">One word, for the stage's shell; else program and arguments.</param>
public sealed record CommandWords(bool UsesShell, IReadOnlyList<string> Words);
