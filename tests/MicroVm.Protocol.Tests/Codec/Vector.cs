using MicroVm.Protocol.Messages;

namespace MicroVm.Protocol.Tests.Codec;

/// <summary>
/// A line of tests/vectors/messages.txt, which tells what each kind means: <c>KIND FROM NAME HEX [CANONICAL]</c>.
/// </summary>
internal sealed record Vector(string Kind, string From, string Name, byte[] Bytes, string? Canonical)
{
    public static IReadOnlyList<Vector> All { get; } = [.. Read()];

    /// <summary>The directions it may be sent in.</summary>
    public IEnumerable<Direction> Directions => From switch
    {
        "host" => [Direction.HostToGuest],
        "guest" => [Direction.GuestToHost],
        _ => [Direction.HostToGuest, Direction.GuestToHost],
    };

    public static IEnumerable<Vector> Of(string kind) => All.Where(v => v.Kind == kind);

    public static Vector Named(string name) => All.Single(v => v.Name == name);

    public override string ToString() => Name;

    private static IEnumerable<Vector> Read() =>
        from line in File.ReadLines(Repository.Path("tests/vectors/messages.txt"))
        where line.Length > 0 && !line.StartsWith('#')
        let part = line.Split(' ')
        select new Vector(
            part[0], part[1], part[2], part[3] == "-" ? [] : Convert.FromHexString(part[3]), part.Length > 4 ? part[4] : null);
}
