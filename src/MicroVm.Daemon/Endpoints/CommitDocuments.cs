using MicroVm.Api.Containers;
using MicroVm.Engine.Containers;
using MicroVm.Engine.Files;

namespace MicroVm.Daemon.Endpoints;

/// <summary>Reads the configuration that <c>POST /commit</c> may have as its body.</summary>
internal static class CommitDocuments
{
    /// <param name="config">Null: no body.</param>
    public static CommitOverrides? Overrides(ContainerConfig? config) => config is null ? null : new(Spec(config))
    {
        Volumes = [.. config.Volumes?.Keys ?? []],
        OnBuild = ContainerSpecs.Strings(config.OnBuild),
        Shell = config.Shell,
    };

    private static ContainerSpec Spec(ContainerConfig config) => new()
    {
        Image = "",
        Command = config.Cmd,
        Entrypoint = config.Entrypoint,
        Environment = ContainerSpecs.Strings(config.Env),
        WorkingDirectory = config.WorkingDir ?? "",
        User = config.User ?? "",
        Labels = ContainerSpecs.Labels(config.Labels),
        StopSignal = string.IsNullOrEmpty(config.StopSignal) ? null : config.StopSignal,
        Health = HealthDocuments.Check(config.Healthcheck),
        ExposedPorts = [.. config.ExposedPorts?.Keys ?? []],
    };
}
