using System.Globalization;
using MicroVm.Builds;
using MicroVm.Engine.Configuration;
using MicroVm.Engine.Files;
using MicroVm.Engine.Guest;
using MicroVm.Images.Store;

namespace MicroVm.Engine.Builds;

/// <summary>Instructions that change the configuration alone; each returns what histories say of it.</summary>
internal sealed partial class StageBuilder
{
    private string Apply(Command command) => command switch
    {
        ArgCommand arg => Declare(arg),
        EnvCommand env => SetEnvironment(env),
        LabelCommand label => SetLabels(label),
        ExposeCommand expose => Expose(expose),
        UserCommand user => SetUser(user),
        VolumeCommand volume => AddVolumes(volume),
        StopSignalCommand signal => SetStopSignal(signal),
        HealthcheckCommand health => SetHealthcheck(health),
        ShellCommand shell => SetShell(shell),
        CmdCommand command1 => SetCommand(command1),
        EntrypointCommand entrypoint => SetEntrypoint(entrypoint),
        OnbuildCommand onbuild => AddTrigger(onbuild),
        MaintainerCommand maintainer => SetAuthor(maintainer),
        _ => throw new ArgumentOutOfRangeException(nameof(command)),
    };

    private string Declare(ArgCommand arg)
    {
        VariableExpander expander = Expander();
        List<string> shown = [];
        foreach ((string name, string? value) in arg.Variables)
        {
            string? expanded = value is null ? null : expander.Word(value);
            build.Arguments.Add(name, expanded);
            shown.Add(expanded is null ? name : $"{name}={expanded}");
        }

        return "ARG " + string.Join(' ', shown);
    }

    /// <summary>All values are those before the instruction: ENV a=1 b=$a gives b what a was.</summary>
    private string SetEnvironment(EnvCommand env)
    {
        VariableExpander expander = Expander();
        IReadOnlyList<string> variables = _config.Env;
        List<string> shown = [];
        foreach ((string name, string value) in env.Variables.Select(pair => (expander.Word(pair.Key), expander.Word(pair.Value))).ToList())
        {
            shown.Add($"{name}={value}");
            variables = ConfigInstruction.SetVariable(variables, name, value);
        }

        ProcessValidator.Check([], variables);
        _config = _config with { Env = variables };
        return "ENV " + string.Join(' ', shown);
    }

    private string SetLabels(LabelCommand label)
    {
        VariableExpander expander = Expander();
        Dictionary<string, string> labels = new(_config.Labels);
        List<string> shown = [];
        foreach ((string key, string text) in label.Labels)
        {
            (string name, string value) = label.IsLiteral ? (key, text) : (expander.Word(key), expander.Word(text));
            labels[name] = value;
            shown.Add($"{name}={value}");
        }

        _config = _config with { Labels = labels };
        return "LABEL " + string.Join(' ', shown);
    }

    private string Expose(ExposeCommand expose)
    {
        VariableExpander expander = Expander();
        List<string> ports = [.. expose.Ports.SelectMany(expander.Words).Order(StringComparer.Ordinal)];
        _config = _config with { ExposedPorts = [.. _config.ExposedPorts.Union(ports.SelectMany(PortRange))] };
        return "EXPOSE " + string.Join(' ', ports);
    }

    /// <summary>80, 80/udp, 8000-8010/tcp.</summary>
    private static List<string> PortRange(string text)
    {
        string[] parts = PortNames.Normalize(text).Split('/');
        string[] ends = parts[0].Split('-');
        bool valid = PortNames.TryParse($"{ends[0]}/{parts[1]}", out int first, out string protocol) & PortNames.TryParse($"{ends[^1]}/{parts[1]}", out int last, out _);
        return valid && parts.Length == 2 && ends.Length <= 2 && first <= last
            ? [.. Enumerable.Range(first, last - first + 1).Select(port => string.Create(CultureInfo.InvariantCulture, $"{port}/{protocol}"))]
            : throw new EngineException(EngineErrorKind.Invalid, $"Invalid containerPort: {OneLine.Of(text, 64)}");
    }

    private string SetUser(UserCommand user)
    {
        string name = Expander().Word(user.User);
        ProcessValidator.CheckUser(name);
        _config = _config with { User = name };
        return "USER " + name;
    }

    private string AddVolumes(VolumeCommand volume)
    {
        VariableExpander expander = Expander();
        List<string> paths = [.. volume.Paths.Select(expander.Word)];
        _config = _config with { Volumes = [.. _config.Volumes.Union(paths)] };
        return $"VOLUME [{string.Join(' ', paths)}]";
    }

    private string SetStopSignal(StopSignalCommand command)
    {
        string signal = Expander().Word(command.Signal);
        _ = Signals.Parse(signal);
        _config = _config with { StopSignal = signal };
        return "STOPSIGNAL " + signal;
    }

    private string SetHealthcheck(HealthcheckCommand command)
    {
        HealthcheckConfig check = HealthcheckInstruction.Parse(command.Text);
        _config = _config with { Healthcheck = check };
        return $"HEALTHCHECK &{{{JsonForm.Quoted(check.Test)} {Duration(check.Interval)} {Duration(check.Timeout)} {Duration(check.StartPeriod)} '\\x{check.Retries:x2}'}}";
    }

    /// <summary>Go's %q of a duration.</summary>
    private static string Duration(long nanoseconds) => JsonForm.Quote(GoDurationText.Format(nanoseconds));

    private string SetShell(ShellCommand shell)
    {
        _config = _config with { Shell = shell.Words };
        return $"SHELL [{string.Join(' ', shell.Words)}]";
    }

    private string SetCommand(CmdCommand command)
    {
        _config = _config with { Cmd = Executed(command.Words) };
        _commandIsOwn = true;
        return "CMD " + JsonForm.Quoted(_config.Cmd);
    }

    /// <summary>A command that the stage did not set itself was meant for another entrypoint.</summary>
    private string SetEntrypoint(EntrypointCommand command)
    {
        IReadOnlyList<string> entrypoint = Executed(command.Words);
        _config = _config with { Entrypoint = entrypoint.Count > 0 ? entrypoint : null, Cmd = _commandIsOwn ? _config.Cmd : null };
        return "ENTRYPOINT " + JsonForm.Quoted(entrypoint);
    }

    private IReadOnlyList<string> Executed(CommandWords words) => words.UsesShell ? [.. Shell, .. words.Words] : words.Words;

    private string AddTrigger(OnbuildCommand onbuild)
    {
        _config = _config with { OnBuild = [.. _config.OnBuild, onbuild.Instruction] };
        return "ONBUILD " + onbuild.Instruction;
    }

    private string SetAuthor(MaintainerCommand maintainer)
    {
        _config = _config with { Author = maintainer.Author };
        return "MAINTAINER " + maintainer.Author;
    }
}
