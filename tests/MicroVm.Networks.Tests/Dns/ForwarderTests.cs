using MicroVm.Networks.Dns;

namespace MicroVm.Networks.Tests.Dns;

public sealed class ForwarderTests
{
    private static readonly byte[] s_question = Query.Of("web.example", 1, id: 7);

    [Fact]
    public void AnAnswerToTheQuestionIsTaken()
    {
        Assert.True(Forwarder.Answers(Answer(s_question), s_question));
        Assert.True(Forwarder.Answers(Answer(Query.Of("WEB.Example", 1, id: 7)), s_question));
        Assert.True(Forwarder.Answers([.. Answer(s_question), 1, 2, 3], s_question));
    }

    [Fact]
    public void AnythingElseIsNot()
    {
        Assert.False(Forwarder.Answers(s_question, s_question));
        Assert.False(Forwarder.Answers(Answer(Query.Of("web.example", 1, id: 8)), s_question));
        Assert.False(Forwarder.Answers(Answer(Query.Of("wet.example", 1, id: 7)), s_question));
        Assert.False(Forwarder.Answers(Answer(Query.Of("web.example", 28, id: 7)), s_question));
        Assert.False(Forwarder.Answers(Answer(s_question).AsSpan(0, s_question.Length - 1), s_question));
        Assert.False(Forwarder.Answers([], s_question));
    }

    private static byte[] Answer(byte[] question)
    {
        byte[] answer = [.. question];
        answer[2] |= 0x80;
        return answer;
    }
}
