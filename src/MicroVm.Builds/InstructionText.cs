namespace MicroVm.Builds;

/// <summary>One instruction as it stands in the file, its lines joined, its parts not yet understood.</summary>
/// <param name="Line">Where it begins, from 1.</param>
/// <param name="Keyword">Upper case.</param>
/// <param name="Flags">--name=value, before the arguments; quotes taken away.</param>
/// <param name="Arguments">The rest.</param>
/// <param name="Source">The whole instruction in one line, as builds show it.</param>
internal sealed record InstructionText(
    int Line, string Keyword, IReadOnlyList<string> Flags, string Arguments, string Source, IReadOnlyList<HereDocument> HereDocuments);
