using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;

namespace MicroVm.Networks.Dns;

/// <summary>Asks other servers what is none of ours, each in turn, from a port and with a number that can't be guessed.</summary>
internal static class Forwarder
{
    private const int MaxServers = 3;
    private const int Port = 53;
    private const int MaxMessage = 65535;
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(2);

    /// <summary>The answer, with the question's number; null: no server has one.</summary>
    /// <param name="overTcp">As the guest asked.</param>
    public static async Task<byte[]?> AskAsync(
        IReadOnlyList<IPAddress> servers, ReadOnlyMemory<byte> query, bool overTcp, CancellationToken cancellationToken)
    {
        foreach (IPAddress server in servers.Take(MaxServers))
        {
            using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            limit.CancelAfter(s_patience);
            try
            {
                byte[] question = query.ToArray();
                RandomNumberGenerator.Fill(question.AsSpan(0, 2));
                byte[] answer = overTcp
                    ? await AskTcpAsync(server, question, limit.Token).ConfigureAwait(false)
                    : await AskUdpAsync(server, question, limit.Token).ConfigureAwait(false);
                query.Span[..2].CopyTo(answer);
                return answer;
            }
            catch (Exception e) when (e is SocketException or IOException || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
            {
                // The next one may know.
            }
        }

        return null;
    }

    private static async Task<byte[]> AskUdpAsync(IPAddress server, byte[] question, CancellationToken cancellationToken)
    {
        using Socket socket = new(server.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
        await socket.ConnectAsync(server, Port, cancellationToken).ConfigureAwait(false);
        await socket.SendAsync(question, cancellationToken).ConfigureAwait(false);
        byte[] buffer = new byte[MaxMessage];
        while (true)
        {
            int length = await socket.ReceiveAsync(buffer, cancellationToken).ConfigureAwait(false);
            if (Answers(buffer.AsSpan(0, length), question))
            {
                return buffer[..length];
            }
        }
    }

    private static async Task<byte[]> AskTcpAsync(IPAddress server, byte[] question, CancellationToken cancellationToken)
    {
        using Socket socket = new(server.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(server, Port, cancellationToken).ConfigureAwait(false);
        await using NetworkStream stream = new(socket, ownsSocket: false);
        await DnsStream.WriteAsync(stream, question, cancellationToken).ConfigureAwait(false);
        byte[]? answer = await DnsStream.ReadAsync(stream, MaxMessage, cancellationToken).ConfigureAwait(false);
        return answer is not null && Answers(answer, question) ? answer : throw new IOException("no answer to the question");
    }

    /// <summary>An answer has the question's number and the question itself, whatever the case of its letters.</summary>
    internal static bool Answers(ReadOnlySpan<byte> answer, ReadOnlySpan<byte> question)
    {
        int end = DnsQuestion.TryRead(question)?.End ?? question.Length;
        return answer.Length >= end && (answer[2] & 0x80) != 0
            && BinaryPrimitives.ReadUInt16BigEndian(answer) == BinaryPrimitives.ReadUInt16BigEndian(question)
            && IsSame(answer[DnsQuestion.HeaderSize..end], question[DnsQuestion.HeaderSize..end]);
    }

    private static bool IsSame(ReadOnlySpan<byte> one, ReadOnlySpan<byte> other) => one.SequenceEqual(other) || Ascii.EqualsIgnoreCase(one, other);
}
