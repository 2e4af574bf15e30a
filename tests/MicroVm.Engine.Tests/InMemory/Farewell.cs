namespace MicroVm.Engine.Tests.InMemory;

internal enum Farewell
{
    /// <summary>The VM ends, its connection before it, and the answer gets lost.</summary>
    AnswerLost,

    /// <summary>It closes the connection and lives on.</summary>
    HangsUp,

    /// <summary>It answers, and lives on.</summary>
    Stays,

    /// <summary>No answer.</summary>
    Mute,

    /// <summary>It breaks the protocol.</summary>
    Garbage,
}
