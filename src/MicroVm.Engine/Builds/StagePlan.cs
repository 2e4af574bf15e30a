using System.Globalization;
using MicroVm.Builds;

namespace MicroVm.Engine.Builds;

/// <summary>Which stages a target needs: stages that nothing of it comes from are not built.</summary>
internal static class StagePlan
{
    /// <returns>Numbers of stages, in the file's order, the target last.</returns>
    /// <exception cref="EngineException">Invalid: there is no such stage.</exception>
    public static IReadOnlyList<int> For(Dockerfile file, string target)
    {
        int last = target.Length == 0 ? file.Stages.Count - 1 : Find(file, target, file.Stages.Count) ?? throw new EngineException(
            EngineErrorKind.Invalid, $"failed to reach build target {OneLine.Of(target, 100)} in Dockerfile");
        var needed = new SortedSet<int>();
        var pending = new Stack<int>([last]);
        while (pending.TryPop(out int stage))
        {
            if (needed.Add(stage))
            {
                foreach (int other in NeededBy(file, stage))
                {
                    pending.Push(other);
                }
            }
        }

        return [.. needed];
    }

    /// <summary>A stage before <paramref name="before"/> by its name, or by its number.</summary>
    public static int? Find(Dockerfile file, string name, int before, bool byNumber = true)
    {
        for (int i = before - 1; i >= 0; i--)
        {
            if (name.Length > 0 && file.Stages[i].From.Name.Equals(name, StringComparison.OrdinalIgnoreCase))
            {
                return i;
            }
        }

        return byNumber && int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out int number) && number < before ? number : null;
    }

    private static IEnumerable<int> NeededBy(Dockerfile file, int stage)
    {
        Stage needing = file.Stages[stage];
        IEnumerable<int?> sources = needing.Commands.OfType<CopyCommand>().Where(copy => copy.From.Length > 0).Select(copy => Find(file, copy.From, stage));
        return sources.Append(Find(file, needing.From.Image, stage, byNumber: false)).OfType<int>();
    }
}
