using MicroVm.Cli.Arguments;
using MicroVm.Cli.Values;

namespace MicroVm.Cli.Containers;

/// <summary>How a container's health is found out, and what happens when it ends.</summary>
internal static class HealthFlags
{
    internal static void Define(FlagSet flags, ContainerOptions options)
    {
        HealthOptions health = options.Health;
        flags.Text("health-cmd", '\0', "Command to run to check health", value => health.Command = value);
        flags.Text("health-interval", '\0', "Time between running the check (ms|s|m|h) (default 0s)", value => health.Interval = Duration(value), "duration");
        flags.Integer("health-retries", '\0', "Consecutive failures needed to report unhealthy", value => health.Retries = value);
        flags.Text("health-start-interval", '\0', "Time between running the check during the start period (ms|s|m|h) (default 0s)", value => health.StartInterval = Duration(value), "duration");
        flags.Text("health-start-period", '\0', "Start period for the container to initialize before starting health-retries countdown (ms|s|m|h) (default 0s)", value => health.StartPeriod = Duration(value), "duration");
        flags.Text("health-timeout", '\0', "Maximum time to allow one check to run (ms|s|m|h) (default 0s)", value => health.Timeout = Duration(value), "duration");
        flags.Switch("no-healthcheck", '\0', "Disable any container-specified HEALTHCHECK", value => health.Disabled = value);
        flags.Text("restart", '\0', "Restart policy to apply when a container exits (default \"no\")", value => (options.Restart, options.RestartRetries) = Restart(value));
    }

    private static TimeSpan Duration(string text) => GoDuration.TryParse(text) ?? throw new FlagValueException($"time: invalid duration \"{text}\"");

    /// <summary><c>on-failure:5</c>: its name and how often.</summary>
    internal static (string Name, int Retries) Restart(string text)
    {
        int colon = text.IndexOf(':', StringComparison.Ordinal);
        if (colon < 0)
        {
            return (text, 0);
        }

        return colon > 0 && int.TryParse(text.AsSpan(colon + 1), out int retries)
            ? (text[..colon], retries)
            : throw new FlagValueException(colon == 0
                ? "invalid restart policy format: no policy provided before colon"
                : "invalid restart policy format: maximum retry count must be an integer");
    }
}
