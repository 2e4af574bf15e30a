using System.Text.Json.Serialization;

namespace MicroVm.Api.Images;

/// <summary>The line of a build's stream that tells programs what was built.</summary>
public sealed record BuildResultMessage([property: JsonPropertyName("aux")] BuildResult Aux);

/// <param name="ID">sha256:…</param>
public sealed record BuildResult(string ID);
