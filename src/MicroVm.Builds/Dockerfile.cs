using System.Text;

namespace MicroVm.Builds;

/// <summary>FROM and what follows it.</summary>
public sealed record Stage(FromCommand From, IReadOnlyList<Command> Commands);

/// <summary>A Dockerfile, read and checked as far as one can without building it.</summary>
public sealed class Dockerfile
{
    private Dockerfile(IReadOnlyList<ArgCommand> globals, IReadOnlyList<Stage> stages, char escape)
    {
        Globals = globals;
        Stages = stages;
        Escape = escape;
    }

    /// <summary>ARG before the first FROM.</summary>
    public IReadOnlyList<ArgCommand> Globals { get; }

    /// <summary>At least one.</summary>
    public IReadOnlyList<Stage> Stages { get; }

    public char Escape { get; }

    /// <param name="content">UTF-8, at most <see cref="DockerfileLimits.MaxSize"/> bytes.</param>
    /// <exception cref="DockerfileException">What is wrong, in which line.</exception>
    public static Dockerfile Parse(ReadOnlySpan<byte> content)
    {
        if (content.Length > DockerfileLimits.MaxSize)
        {
            throw new DockerfileException($"the Dockerfile is larger than {DockerfileLimits.MaxSize >> 20} MiB");
        }

        var reader = new LineReader(Encoding.UTF8.GetString(content));
        List<ArgCommand> globals = [];
        List<(FromCommand From, List<Command> Commands)> stages = [];
        foreach (InstructionText text in reader.Read())
        {
            Add(new CommandParser(reader.Escape).Parse(text), globals, stages);
        }

        return stages.Count > 0
            ? new(globals, [.. stages.Select(stage => new Stage(stage.From, stage.Commands))], reader.Escape)
            : throw new DockerfileException(globals.Count > 0 ? "no build stage in current context" : "failed to parse Dockerfile: file with no instructions");
    }

    /// <summary>An instruction that an image has kept for who builds on it.</summary>
    /// <exception cref="DockerfileException">It is none that could stand there.</exception>
    public static Command ParseTrigger(string instruction)
    {
        var reader = new LineReader(instruction);
        return reader.Read().ToList() is [var text]
            ? new CommandParser(reader.Escape).ParseTrigger(text)
            : throw new DockerfileException("an ONBUILD trigger is not one instruction");
    }

    private static void Add(Command command, List<ArgCommand> globals, List<(FromCommand From, List<Command> Commands)> stages)
    {
        switch (command)
        {
            case FromCommand from:
                stages.Add((from, []));
                break;
            case var _ when stages.Count > 0:
                stages[^1].Commands.Add(command);
                break;
            case ArgCommand arg:
                globals.Add(arg);
                break;
            default:
                throw new DockerfileException(command.Line, "no build stage in current context");
        }
    }
}
