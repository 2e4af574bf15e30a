using System.Text;

namespace MicroVm.Images.RootDisks;

/// <summary>Names a stack of layers (OCI image-spec, config.md, "Layer ChainID").</summary>
internal static class ChainId
{
    /// <summary>Of no layers: the hash of nothing, which no stack has.</summary>
    public static Digest Of(IReadOnlyList<Digest> diffIds)
    {
        if (diffIds.Count == 0)
        {
            return Digest.Of([]);
        }

        Digest chain = diffIds[0];
        foreach (Digest diffId in diffIds.Skip(1))
        {
            chain = Digest.Of(Encoding.ASCII.GetBytes($"{chain} {diffId}"));
        }

        return chain;
    }
}
