namespace MicroVm.Api;

/// <summary>Body of every error response.</summary>
/// <param name="Message">One line; clients print it after "Error response from daemon: ".</param>
public sealed record ErrorResponse([property: System.Text.Json.Serialization.JsonPropertyName("message")] string Message);
