namespace MicroVm.Cli.Http;

/// <summary>What came back is not HTTP, or not the API's.</summary>
internal sealed class ProtocolException(string message) : Exception(message);
