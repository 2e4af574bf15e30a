namespace MicroVm.Protocol.Tests.Codec;

/// <summary>The C side of the codec: generated from the same definition, held to the same vectors.</summary>
public sealed class AgentCodecTests
{
    [Fact]
    public async Task GeneratedFilesAreWhatTheGeneratorMakes()
    {
        string generator = Path.Combine(
            AppContext.BaseDirectory.Replace("MicroVm.Protocol.Tests", "MicroVm.Generate", StringComparison.Ordinal), "MicroVm.Generate");
        (int exitCode, string output) = await Commands.RunAsync(generator, "--check");
        Assert.True(exitCode == 0, output + "run: dotnet run --project native/agent/generate");
    }

    [Fact]
    public async Task TheAgentsCodecMatchesTheVectors()
    {
        string program = Path.Combine(Directory.CreateTempSubdirectory("mvm-vectors-").FullName, "vectors_test");
        (int exitCode, string output) = await Commands.RunAsync(
            "clang-14", "-std=gnu17", "-D_GNU_SOURCE", "-Wall", "-Wextra", "-Werror", "-Wconversion", "-Wno-sign-conversion", "-Wshadow", "-O1",
            "-g", "-fsanitize=address,undefined", "-fno-sanitize-recover=all", "-I" + Repository.Path("native/agent"),
            Repository.Path("tests/agent/vectors_test.c"), Repository.Path("native/agent/msgpack.c"),
            Repository.Path("native/agent/generated/messages.c"), "-o", program);
        Assert.True(exitCode == 0, output);
        (exitCode, output) = await Commands.RunAsync(program, Repository.Path("tests/vectors/messages.txt"));
        Directory.Delete(Path.GetDirectoryName(program)!, recursive: true);
        Assert.True(exitCode == 0, output);
    }
}
