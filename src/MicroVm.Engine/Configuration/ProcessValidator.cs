using System.Text;

namespace MicroVm.Engine.Configuration;

/// <summary>
/// Refuses a process that the kernel or the wire protocol could not take, in one line: a container's own, an exec's, a health check's,
/// and what an image is to start. Every method throws <see cref="EngineException"/> (Invalid).
/// </summary>
internal static class ProcessValidator
{
    private const int MaxStrings = 4000;
    private const int MaxTotal = 2 << 20;
    private const int MaxPath = 4096;
    private const int MaxName = 256;
    private const int MaxGroups = 256;

    // Linux: MAX_ARG_STRLEN, the NUL at the end included.
    private const int MaxString = (128 << 10) - 1;

    /// <param name="arguments">The program and what it is given.</param>
    /// <param name="environment">KEY=VALUE, or KEY alone.</param>
    public static void Check(IReadOnlyList<string> arguments, IReadOnlyList<string> environment)
    {
        Require(arguments.All(HasNoNul), "invalid command: an argument holds a NUL character");
        foreach (string variable in environment)
        {
            Require(
                variable.Length > 0 && variable[0] != '=' && HasNoNul(variable),
                $"invalid environment variable: {OneLine.Of(variable, 128)}");
        }

        Require(
            arguments.Concat(environment).All(text => Encoding.UTF8.GetByteCount(text) <= MaxString),
            $"argument too long: one of the command or the environment is longer than {MaxString} bytes");
        Require(
            arguments.Count <= MaxStrings && environment.Count <= MaxStrings && TotalLength(arguments) + TotalLength(environment) <= MaxTotal,
            "argument list too long: command and environment may hold 4000 strings each and 2 MiB in all");
    }

    /// <param name="directory">Empty: the default.</param>
    public static void CheckDirectory(string directory) => Require(
        directory.Length == 0 || (directory.StartsWith('/') && Encoding.UTF8.GetByteCount(directory) <= MaxPath && HasNoNul(directory)),
        $"the working directory '{OneLine.Of(directory, 256)}' is invalid, it needs to be an absolute path");

    /// <param name="user">Empty: the default.</param>
    public static void CheckUser(string user) =>
        Require(IsName(user), $"invalid user: {OneLine.Of(user, 64)}");

    /// <summary>Additional groups.</summary>
    public static void CheckGroups(IReadOnlyList<string> groups)
    {
        Require(groups.Count <= MaxGroups, $"too many additional groups: at most {MaxGroups}");
        foreach (string group in groups)
        {
            Require(IsName(group) && group.Length > 0, $"invalid group: {OneLine.Of(group, 64)}");
        }
    }

    private static bool IsName(string text) => Encoding.UTF8.GetByteCount(text) <= MaxName && HasNoNul(text);

    private static bool HasNoNul(string text) => !text.Contains('\0', StringComparison.Ordinal);

    private static long TotalLength(IReadOnlyList<string> strings) => strings.Sum(text => (long)Encoding.UTF8.GetByteCount(text) + 5);

    private static void Require(bool condition, string message)
    {
        if (!condition)
        {
            throw new EngineException(EngineErrorKind.Invalid, message);
        }
    }
}
