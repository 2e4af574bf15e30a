using MicroVm.Engine.Containers;
using ApiPolicy = MicroVm.Api.Containers.RestartPolicy;

namespace MicroVm.Daemon.Endpoints;

/// <summary>Docker's names of the restart policies.</summary>
internal static class RestartPolicies
{
    public static RestartPolicy From(ApiPolicy? policy, bool autoRemove)
    {
        RestartMode mode = Mode(policy?.Name);
        int retries = policy?.MaximumRetryCount ?? 0;
        Require(retries >= 0, "invalid restart policy: maximum retry count cannot be negative");
        Require(
            retries == 0 || mode == RestartMode.OnFailure,
            "invalid restart policy: maximum retry count can only be used with restart policy 'on-failure'");
        Require(!autoRemove || mode == RestartMode.No, "can't create 'AutoRemove' container with restart policy");
        return new(mode, retries);
    }

    public static ApiPolicy Document(RestartPolicy policy) => new(Name(policy.Mode), policy.MaximumRetries);

    private static RestartMode Mode(string? name) => name switch
    {
        null or "" or "no" => RestartMode.No,
        "always" => RestartMode.Always,
        "unless-stopped" => RestartMode.UnlessStopped,
        "on-failure" => RestartMode.OnFailure,
        _ => throw ApiException.BadRequest(
            $"invalid restart policy: unknown policy '{name}'; use one of 'no', 'always', 'on-failure', or 'unless-stopped'"),
    };

    private static string Name(RestartMode mode) => mode switch
    {
        RestartMode.Always => "always",
        RestartMode.UnlessStopped => "unless-stopped",
        RestartMode.OnFailure => "on-failure",
        _ => "no",
    };

    private static void Require(bool condition, string message)
    {
        if (!condition)
        {
            throw ApiException.BadRequest(message);
        }
    }
}
