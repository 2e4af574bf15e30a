using System.Net;

namespace MicroVm.Networks.Dns;

/// <summary>What one question of one guest gets for an answer.</summary>
public sealed class Resolver(IGuestNames names)
{
    // Of one guest, waiting for the host's servers at a time.
    private const int MaxWaiting = 32;
    private readonly GuestShare _waiting = new(MaxWaiting);

    /// <summary>Null: none, for what is no question or comes from no guest.</summary>
    public async Task<byte[]?> AnswerAsync(uint client, ReadOnlyMemory<byte> query, bool overTcp, CancellationToken cancellationToken)
    {
        if (!names.IsGuest(client))
        {
            return null;
        }

        if (DnsQuestion.TryRead(query.Span) is not { } question)
        {
            return DnsReply.Malformed(query.Span);
        }

        return Own(client, query.Span, question) ?? await OutsideAsync(client, query, question, overTcp, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Null: the name is none of ours.</summary>
    private byte[]? Own(uint client, ReadOnlySpan<byte> query, DnsQuestion question)
    {
        if (question is { Type: DnsQuestion.TypePointer } && question.ReverseAddress() is { } address)
        {
            return names.NameOf(client, address) is { } name ? DnsReply.Pointer(query, question, name) : null;
        }

        IReadOnlyList<uint> addresses = names.Find(client, question.Name);
        return addresses.Count == 0 ? null : DnsReply.Addresses(query, question, question.Type is DnsQuestion.TypeA or DnsQuestion.TypeAny ? addresses : []);
    }

    private async Task<byte[]> OutsideAsync(
        uint client, ReadOnlyMemory<byte> query, DnsQuestion question, bool overTcp, CancellationToken cancellationToken)
    {
        IReadOnlyList<IPAddress> servers = names.ServersOf(client);
        if (servers.Count == 0 || !_waiting.TryTake(client))
        {
            return DnsReply.Failure(query.Span, question, DnsReply.ServerFailure);
        }

        try
        {
            return await Forwarder.AskAsync(servers, query, overTcp, cancellationToken).ConfigureAwait(false)
                ?? DnsReply.Failure(query.Span, question, DnsReply.ServerFailure);
        }
        finally
        {
            _waiting.Release(client);
        }
    }
}
