namespace MicroVm.Networks.Addresses;

/// <summary>What networks get that ask for no subnet: Docker's pools, 172.17.0.0/16 to 172.31.0.0/16, then 192.168.0.0/20 and its successors.</summary>
public static class DefaultSubnets
{
    /// <summary>The first that overlaps nothing; null: there is none left.</summary>
    public static Subnet? Choose(IReadOnlyCollection<Subnet> taken)
    {
        foreach (Subnet subnet in All())
        {
            if (!taken.Any(subnet.Overlaps))
            {
                return subnet;
            }
        }

        return null;
    }

    internal static IEnumerable<Subnet> All()
    {
        for (uint second = 17; second <= 31; second++)
        {
            yield return new((172u << 24) | (second << 16), 16);
        }

        for (uint third = 0; third < 256; third += 16)
        {
            yield return new((192u << 24) | (168u << 16) | (third << 8), 20);
        }
    }
}
