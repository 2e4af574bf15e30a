namespace MicroVm.Builds;

/// <summary>The lines between <c>&lt;&lt;NAME</c> and NAME.</summary>
/// <param name="Descriptor">What stands before the name: digits of a file descriptor, or empty.</param>
/// <param name="Expands">Variables in it are replaced: its name was given without quotes.</param>
/// <param name="Content">With the newline of its last line.</param>
public sealed record HereDocument(string Name, string Descriptor, bool Expands, string Content);
