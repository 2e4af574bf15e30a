using System.Runtime.InteropServices;
using MicroVm.Cli.Arguments;
using MicroVm.Cli.Completion;
using MicroVm.Cli.Http;
using MicroVm.Cli.Interop;
using MicroVm.Cli.Output;

namespace MicroVm.Cli.Commands;

/// <summary>From the arguments to an exit code.</summary>
internal static class CommandLine
{
    private static int s_failureCode = ExitCodes.Failure;

    internal static int Run(string[] arguments)
    {
        try
        {
            int exitCode = Dispatch(arguments);
            TextOutput.Standard.Flush();
            return exitCode;
        }
        catch (OutputClosedException)
        {
            return EndByBrokenPipe();
        }
        catch (Exception failure)
        {
            return Fail(failure);
        }
    }

    /// <summary>One line on stderr.</summary>
    internal static void Report(string message)
    {
        string prefix = TextOutput.Error.UsesColor ? "\x1b[31mmvm:\x1b[0m " : "mvm: ";
        TextOutput.Error.WriteLine(prefix + SafeText.OneLine(message)).Flush();
    }

    /// <summary>The flags before the command.</summary>
    internal static void DefineGlobal(FlagSet flags, Action<string> host, Action<bool> version)
    {
        flags.Text("host", 'H', "Daemon socket to connect to", host);
        flags.Switch("version", 'v', "Print version information and quit", version);
    }

    private static int Dispatch(string[] arguments)
    {
        var flags = new FlagSet();
        (string? host, bool version) = (null, false);
        DefineGlobal(flags, value => host = value, value => version = value);
        List<string> rest = FlagParser.Parse(flags, arguments, interspersed: false);
        if (version)
        {
            TextOutput.Standard.WriteLine($"mvm version {VersionCommand.Version}");
            return ExitCodes.Success;
        }

        if (flags.HelpRequested || rest.Count == 0 || rest[0] == "help")
        {
            return Help(rest, flags);
        }

        if (rest[0] == CompletionRequest.Name)
        {
            return CompletionRequest.Run(rest[1..]);
        }

        (CommandInfo info, int used) = Find(rest);
        return Execute(info, rest[used..], new CommandContext(host));
    }

    private static int Execute(CommandInfo info, List<string> arguments, CommandContext context)
    {
        Command command = CommandTable.Create(info);
        s_failureCode = command.FailureCode;
        var flags = new FlagSet();
        command.Define(flags);
        List<string> operands = Parse(info, flags, arguments, command.Interspersed);
        if (flags.HelpRequested)
        {
            HelpText.Write(context.Out, info, flags);
            return ExitCodes.Success;
        }

        CheckCount(info, operands.Count);
        return command.Execute(context, operands);
    }

    private static List<string> Parse(CommandInfo info, FlagSet flags, List<string> arguments, bool interspersed)
    {
        try
        {
            return FlagParser.Parse(flags, CollectionsMarshal.AsSpan(arguments), interspersed);
        }
        catch (CliException wrong)
        {
            throw new CliException($"{wrong.Message}. See 'mvm {info.Name} --help'.", wrong.ExitCode);
        }
    }

    /// <returns>The command, and how many words name it.</returns>
    /// <exception cref="CliException">There is none of that name.</exception>
    internal static (CommandInfo Info, int Used) Find(List<string> arguments)
    {
        string name = arguments[0];
        if (CommandTable.Find(name) is { } info)
        {
            return (info, 1);
        }

        if (arguments.Count > 1 && CommandTable.ResolveLongForm(name, arguments[1]) is { } command)
        {
            return (CommandTable.Find(command)!, 2);
        }

        string hint = Suggestion.For(name, CommandTable.All.Select(known => known.Name)) is { } near ? $" (did you mean {near}?)" : "";
        throw new CliException($"unknown command: mvm {name}{hint}; run 'mvm --help'");
    }

    private static int Help(List<string> rest, FlagSet flags)
    {
        if (rest.Count > 1 && rest[0] == "help")
        {
            (CommandInfo info, _) = Find(rest[1..]);
            return Execute(info, ["--help"], new CommandContext(null));
        }

        HelpText.WriteTop(TextOutput.Standard, flags);
        return ExitCodes.Success;
    }

    private static void CheckCount(CommandInfo info, int count)
    {
        if (count >= info.Minimum && count <= info.Maximum)
        {
            return;
        }

        string wanted = (info.Minimum, info.Maximum) switch
        {
            (_, 0) => "accepts no arguments",
            (var least, int.MaxValue) => $"requires at least {Count(least)}",
            (var least, var most) when least == most => $"requires {Count(least)}",
            (0, var most) => $"requires at most {Count(most)}",
            (var least, var most) => $"requires at least {least} and at most {Count(most)}",
        };
        throw new CliException($"'mvm {info.Name}' {wanted}; usage: {HelpText.UsageLine(info)}");
    }

    private static string Count(int number) => number == 1 ? "1 argument" : $"{number} arguments";

    private static int Fail(Exception failure)
    {
        TextOutput.Standard.Flush();
        (string message, int? exitCode) = failure switch
        {
            CliException known => (known.Message, known.ExitCode),
            EngineException refused => (refused.Message, null),
            ProtocolException broken => ($"lost the connection to mvmd: {broken.Message}", null),
            SystemCallException { Error: Constants.EPIPE or Constants.ECONNRESET } => ("lost the connection to mvmd", null),
            SystemCallException call => (call.Message, null),
            _ => ($"internal error: {failure.GetType().Name}: {failure.Message}", (int?)null),
        };
        Report(message);
        return exitCode ?? s_failureCode;
    }

    /// <summary>Ends as other programs do whose reader went away, so that shells see it.</summary>
    private static int EndByBrokenPipe()
    {
        Libc.SetSignalHandler(Constants.SIGPIPE, 0);
        _ = Libc.Raise(Constants.SIGPIPE);
        return ExitCodes.OfSignal(Constants.SIGPIPE);
    }
}
