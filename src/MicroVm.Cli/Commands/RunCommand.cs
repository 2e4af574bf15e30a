using MicroVm.Cli.Arguments;
using MicroVm.Cli.Containers;
using MicroVm.Cli.Http;
using MicroVm.Cli.Interop;
using MicroVm.Cli.Values;

namespace MicroVm.Cli.Commands;

/// <summary>create, attach, wait, start, copy, exit code: as Docker's clients do it.</summary>
internal sealed class RunCommand : Command
{
    private readonly ContainerOptions _options = new();
    private DetachSequence _detachKeys = DetachSequence.Default;
    private bool _proxySignals = true;
    private StartTimer? _timer;

    internal override bool Interspersed => false;

    internal override int FailureCode => ExitCodes.EngineFailure;

    internal override void Define(FlagSet flags)
    {
        ContainerFlags.Define(flags, _options);
        flags.Switch("detach", 'd', "Run container in background and print container ID", value => _options.Detached = value);
        flags.Text("detach-keys", '\0', "Override the key sequence for detaching a container", value => _detachKeys = DetachSequence.Parse(value));
        flags.Switch("sig-proxy", '\0', "Proxy received signals to the process (default true)", value => _proxySignals = value);
        flags.Switch("timing", '\0', "Print how long image, disk, boot and first output took", value => _timer = value ? new StartTimer() : null);
    }

    internal override int Execute(CommandContext context, List<string> operands)
    {
        (_options.Image, _options.Command) = (operands[0], operands[1..]);
        if (_options.Detached && _options.Attach.Count > 0)
        {
            throw new CliException("conflicting options: cannot specify both --attach and --detach");
        }

        CheckTerminal();
        string id = new ContainerCreation(context, _options).Create();
        _timer?.ImageReady();
        return _options.Detached ? RunDetached(context, id) : RunAttached(context, id);
    }

    private void CheckTerminal()
    {
        if (_options is { Terminal: true, AttachStdin: true } && !FileDescriptor.StandardInput.IsTerminal)
        {
            throw new CliException("the input device is not a TTY", ExitCodes.Failure);
        }
    }

    private int RunDetached(CommandContext context, string id)
    {
        Start(context.Client, id);
        context.Out.WriteLine(id).Flush();
        _timer?.Print();
        return ExitCodes.Success;
    }

    private int RunAttached(CommandContext context, string id)
    {
        var request = new AttachRequest(
            _options.AttachStdin, _options.AttachStdout, _options.AttachStderr, _options.Terminal, _detachKeys, _proxySignals);
        var session = new ContainerSession(context.Client, id, request);
        session.Prepare(_options.Remove ? ContainerSession.UntilRemoved : ContainerSession.UntilNextExit);
        int exitCode = session.Run(() => Start(context.Client, id), _timer is null ? null : _timer.FirstOutput);
        _timer?.Print();
        return exitCode;
    }

    private void Start(EngineClient client, string id)
    {
        try
        {
            client.Request(
                "POST", ContainerPaths.Of(id, "start"), head: answer => _timer?.Started(answer.Header(Api.MvmRoutes.TimingHeader)));
        }
        catch (EngineException refused)
        {
            throw new CliException(refused.Message, CodeOfFailedStart(refused.Message));
        }
    }

    /// <summary>Docker's clients tell the causes apart by these words.</summary>
    private static int CodeOfFailedStart(string message) => message switch
    {
        _ when Has(message, "executable file not found") || Has(message, "no such file or directory") => ExitCodes.CommandNotFound,
        _ when Has(message, "permission denied") || Has(message, "is a directory") => ExitCodes.NotExecutable,
        _ => ExitCodes.EngineFailure,
    };

    private static bool Has(string message, string words) => message.Contains(words, StringComparison.OrdinalIgnoreCase);
}
