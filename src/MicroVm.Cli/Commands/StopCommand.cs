using System.Globalization;
using MicroVm.Cli.Arguments;
using MicroVm.Cli.Containers;
using MicroVm.Cli.Http;

namespace MicroVm.Cli.Commands;

/// <summary><c>stop</c> and <c>restart</c>.</summary>
internal sealed class StopCommand(string action) : Command
{
    private string? _signal;
    private int? _seconds;

    internal override void Define(FlagSet flags)
    {
        flags.Text("signal", 's', "Signal to send to the container", value => _signal = value);
        flags.Integer("timeout", 't', "Seconds to wait before killing the container", value => _seconds = value);
        flags.Integer("time", '\0', "Seconds to wait before killing the container (old name of --timeout)", value => _seconds = value);
    }

    /// <summary>All at once: each may take its whole timeout.</summary>
    internal override int Execute(CommandContext context, List<string> operands)
    {
        var stops = operands.ConvertAll(container => Task.Run(() => context.Client.Stream("POST", ContainerPaths.Of(container, Action())).Drain()));
        int index = 0;
        return context.ForEach(operands, container =>
        {
            stops[index++].GetAwaiter().GetResult();
            context.Out.WriteLine(container).Flush();
        });
    }

    private string Action()
    {
        string signal = _signal is null ? "" : $"&signal={Percent.Encode(_signal)}";
        string timeout = _seconds is { } seconds ? $"&t={seconds.ToString(CultureInfo.InvariantCulture)}" : "";
        return action + "?" + (signal + timeout).TrimStart('&');
    }
}
