using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using MicroVm.Api.Containers;
using MicroVm.Api.Events;
using MicroVm.Api.Execs;
using MicroVm.Api.Images;
using MicroVm.Api.Info;
using MicroVm.Api.Json;
using MicroVm.Api.Networks;
using MicroVm.Api.Stats;
using MicroVm.Api.Volumes;

namespace MicroVm.Api;

/// <summary>
/// Every document of the API. Names match without regard to case and null reads as a zero value, as with Go's decoder;
/// unknown members are skipped. Use <see cref="Api"/>, whose text is not escaped beyond need.
/// </summary>
[JsonSourceGenerationOptions(
    PropertyNameCaseInsensitive = true,
    Converters = [typeof(LenientInt32Converter), typeof(LenientInt64Converter), typeof(LenientBooleanConverter)])]
[JsonSerializable(typeof(ErrorResponse))]
[JsonSerializable(typeof(ContainerConfig))]
[JsonSerializable(typeof(ContainerCreateRequest))]
[JsonSerializable(typeof(ContainerCreateResponse))]
[JsonSerializable(typeof(ContainerWaitResponse))]
[JsonSerializable(typeof(ContainerInspect))]
[JsonSerializable(typeof(IReadOnlyList<ContainerSummary>))]
[JsonSerializable(typeof(ExecCreateRequest))]
[JsonSerializable(typeof(ExecCreateResponse))]
[JsonSerializable(typeof(ExecStartRequest))]
[JsonSerializable(typeof(ExecInspect))]
[JsonSerializable(typeof(ContainerPathStat))]
[JsonSerializable(typeof(FilesystemChange))]
[JsonSerializable(typeof(IReadOnlyList<FilesystemChange>))]
[JsonSerializable(typeof(CommitResponse))]
[JsonSerializable(typeof(PruneResponse))]
[JsonSerializable(typeof(StartTimings))]
[JsonSerializable(typeof(EventMessage))]
[JsonSerializable(typeof(StatsResponse))]
[JsonSerializable(typeof(DiskUsage))]
[JsonSerializable(typeof(NetworkPruneResponse))]
[JsonSerializable(typeof(NetworkResource))]
[JsonSerializable(typeof(IReadOnlyList<NetworkResource>))]
[JsonSerializable(typeof(NetworkCreateRequest))]
[JsonSerializable(typeof(NetworkCreateResponse))]
[JsonSerializable(typeof(NetworkConnectRequest))]
[JsonSerializable(typeof(NetworkDisconnectRequest))]
[JsonSerializable(typeof(VolumePruneResponse))]
[JsonSerializable(typeof(BuildPruneResponse))]
[JsonSerializable(typeof(BuildResultMessage))]
[JsonSerializable(typeof(IReadOnlyDictionary<string, string?>))]
[JsonSerializable(typeof(IReadOnlyDictionary<string, AuthConfig>))]
[JsonSerializable(typeof(IReadOnlyList<string>))]
[JsonSerializable(typeof(IReadOnlyList<UlimitConfig>))]
[JsonSerializable(typeof(VolumeDocument))]
[JsonSerializable(typeof(VolumeListResponse))]
[JsonSerializable(typeof(VolumeCreateRequest))]
[JsonSerializable(typeof(HostConfig))]
[JsonSerializable(typeof(ContainerUpdateResponse))]
[JsonSerializable(typeof(TopResponse))]
[JsonSerializable(typeof(IReadOnlyList<ImageSummary>))]
[JsonSerializable(typeof(ImageInspect))]
[JsonSerializable(typeof(IReadOnlyList<ImageHistoryItem>))]
[JsonSerializable(typeof(IReadOnlyList<ImageDeleteItem>))]
[JsonSerializable(typeof(ImagePruneResponse))]
[JsonSerializable(typeof(ProgressMessage))]
[JsonSerializable(typeof(AuthConfig))]
[JsonSerializable(typeof(AuthResponse))]
[JsonSerializable(typeof(AuthResponse))]
[JsonSerializable(typeof(VersionResponse))]
[JsonSerializable(typeof(SystemInfo))]
[JsonSerializable(typeof(IReadOnlyDictionary<string, IReadOnlyDictionary<string, bool>>))]
[JsonSerializable(typeof(IReadOnlyDictionary<string, IReadOnlyList<string>>))]
public sealed partial class ApiJsonContext : JsonSerializerContext
{
    private static ApiJsonContext? s_api;

    // Made on first use: the order of static initialisers across the generated parts is not defined.
    public static ApiJsonContext Api => s_api ??= new(new JsonSerializerOptions(Default.Options)
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    });
}
