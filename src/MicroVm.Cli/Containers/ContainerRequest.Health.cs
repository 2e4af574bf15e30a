using MicroVm.Api.Containers;
using MicroVm.Cli.Json;

namespace MicroVm.Cli.Containers;

internal static partial class ContainerRequest
{
    private const long NanosecondsPerTick = 100;

    private static void WriteHealth(JsonBuilder json, HealthOptions health)
    {
        if (health is { Disabled: true, IsGiven: true })
        {
            throw new CliException("--no-healthcheck conflicts with --health-* options", ExitCodes.EngineFailure);
        }

        if (!health.Disabled && !health.IsGiven)
        {
            return;
        }

        json.StartObject(nameof(ContainerConfig.Healthcheck));
        List<string> test = health.Disabled ? ["NONE"] : health.Command is { } command ? ["CMD-SHELL", command] : [];
        Texts(json, nameof(HealthConfig.Test), test);
        Duration(json, nameof(HealthConfig.Interval), health.Interval);
        Duration(json, nameof(HealthConfig.Timeout), health.Timeout);
        Duration(json, nameof(HealthConfig.StartPeriod), health.StartPeriod);
        Duration(json, nameof(HealthConfig.StartInterval), health.StartInterval);
        Number(json, nameof(HealthConfig.Retries), health.Retries);
        json.EndObject();
    }

    private static void WriteRestart(JsonBuilder json, ContainerOptions options)
    {
        if (options.Restart is { } name)
        {
            json.StartObject(nameof(HostConfig.RestartPolicy));
            json.Text(nameof(RestartPolicy.Name), name);
            json.Number(nameof(RestartPolicy.MaximumRetryCount), options.RestartRetries);
            json.EndObject();
        }
    }

    private static void Duration(JsonBuilder json, string name, TimeSpan time) => Number(json, name, time.Ticks * NanosecondsPerTick);
}
