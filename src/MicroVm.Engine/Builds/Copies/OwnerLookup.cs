using System.Globalization;
using System.Text;
using MicroVm.Images.Trees;

namespace MicroVm.Engine.Builds.Copies;

/// <summary>--chown: numbers, or names that the image itself knows.</summary>
internal static class OwnerLookup
{
    private const int MaxFile = 1 << 20;

    /// <param name="owner">user[:group]; a group that is not given is called as the user is.</param>
    /// <exception cref="EngineException">Invalid: the image knows no such name.</exception>
    public static Owner Find(ImageContents image, string owner)
    {
        string[] parts = owner.Split(':', 2);
        string group = parts.Length > 1 ? parts[1] : parts[0];
        if (parts[0].Length == 0 || group.Length == 0)
        {
            throw new EngineException(EngineErrorKind.Invalid, $"invalid chown string provided: {OneLine.Of(owner, 100)}");
        }

        return new(Number(image, "etc/passwd", parts[0], "user", "uid"), Number(image, "etc/group", group, "group", "gid"));
    }

    private static uint Number(ImageContents image, string file, string name, string what, string number)
    {
        if (uint.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out uint given) && given <= int.MaxValue)
        {
            return given;
        }

        foreach (string line in Lines(image, file))
        {
            string[] fields = line.Split(':');
            if (fields.Length >= 3 && fields[0] == name && uint.TryParse(fields[2], NumberStyles.None, CultureInfo.InvariantCulture, out uint found) && found < uint.MaxValue)
            {
                return found;
            }
        }

        string shown = OneLine.Of(name, 100);
        throw new EngineException(
            EngineErrorKind.Invalid, $"unable to convert uid/gid chown string to host mapping: can't find {number} for {what} {shown}: no such {what}: {shown}");
    }

    private static string[] Lines(ImageContents image, string file)
    {
        if (ScopedPath.Resolve(image.Tree, Encoding.ASCII.GetBytes(file)).Node is not { Kind: NodeKind.File, Size: <= MaxFile } node)
        {
            return [];
        }

        using var reader = new StreamReader(image.Open(node), Encoding.UTF8);
        return reader.ReadToEnd().Split('\n');
    }
}
