using System.Text;
using Microsoft.AspNetCore.Http;
using MicroVm.Images.Registry;
using MicroVm.Images.Store;
using MicroVm.Images.Tests.Support;

namespace MicroVm.Images.Tests.Registry;

public class AuthTests
{
    private static readonly RegistryCredentials s_alice = new("alice", "s3cret:ü", null);

    [Fact]
    public async Task AnonymousTokenIsFetchedOnceForAPull()
    {
        await using StubRegistry registry = await StubRegistry.StartAsync();
        registry.Add("team/app", "1", TestImage.Create());
        registry.Intercept = context => TokenServerAsync(registry, context, _ => true);
        using var store = new TestStore();

        await store.PullAsync($"{registry.Host}/team/app:1");
        await store.PullAsync($"{registry.Host}/team/app:1");

        string request = Assert.Single(registry.Requests, line => line.StartsWith("GET /token", StringComparison.Ordinal));
        Assert.Equal("GET /token?service=stub&scope=repository%3Ateam%2Fapp%3Apull", request);
    }

    [Fact]
    public async Task CredentialsGoToTheTokenServerAlone()
    {
        await using StubRegistry registry = await StubRegistry.StartAsync();
        registry.Add("app", "1", TestImage.Create());
        registry.Intercept = context => TokenServerAsync(registry, context, token => IsBasic(token, s_alice));
        using var store = new TestStore();

        await store.PullAsync($"{registry.Host}/app:1", new(Credentials: s_alice));

        Assert.Contains("account=alice", Assert.Single(registry.Requests, line => line.StartsWith("GET /token", StringComparison.Ordinal)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task ExpiredTokenIsReplaced()
    {
        await using StubRegistry registry = await StubRegistry.StartAsync();
        registry.Add("app", "1", TestImage.Create());
        int served = 0;
        int tokens = 0;
        registry.Intercept = async context =>
        {
            if (context.Request.Path == "/token")
            {
                await context.Response.WriteAsync($$"""{"access_token":"t{{Interlocked.Increment(ref tokens)}}","expires_in":3600}""");
                return true;
            }

            // Every token is good for two requests.
            if (context.Request.Headers.Authorization == $"Bearer t{tokens}" && Interlocked.Increment(ref served) % 3 != 0)
            {
                return false;
            }

            await ChallengeAsync(context, $"Bearer realm=\"http://{registry.Host}/token\",service=\"stub\",error=\"invalid_token\"");
            return true;
        };
        using var store = new TestStore(TestStore.Quick with { MaxConcurrentDownloads = 1 });

        await store.PullAsync($"{registry.Host}/app:1");

        Assert.True(tokens > 1);
    }

    [Fact]
    public async Task IdentityTokenIsExchangedByPost()
    {
        await using StubRegistry registry = await StubRegistry.StartAsync();
        registry.Add("app", "1", TestImage.Create());
        registry.Intercept = async context =>
        {
            if (context.Request.Path != "/token")
            {
                return await TokenServerAsync(registry, context, _ => false);
            }

            IFormCollection form = await context.Request.ReadFormAsync();
            bool isGood = context.Request.Method == "POST" && form["grant_type"] == "refresh_token"
                && form["refresh_token"] == "refresh-me" && form["scope"] == "repository:app:pull" && form["service"] == "stub";
            context.Response.StatusCode = isGood ? 200 : 401;
            await context.Response.WriteAsync("""{"access_token":"good"}""");
            return true;
        };
        using var store = new TestStore();

        await store.PullAsync($"{registry.Host}/app:1", new(Credentials: new("alice", null, "refresh-me")));
    }

    [Fact]
    public async Task BasicCredentials()
    {
        await using StubRegistry registry = await StubRegistry.StartAsync();
        registry.Add("app", "1", TestImage.Create());
        registry.Intercept = BasicAsync;
        using var store = new TestStore();
        string name = $"{registry.Host}/app:1";

        await store.PullAsync(name, new(Credentials: s_alice));
        ImageException none = await Assert.ThrowsAsync<ImageException>(() => store.PullAsync(name));
        ImageException wrong = await Assert.ThrowsAsync<ImageException>(() => store.PullAsync(name, new(Credentials: s_alice with { Password = "x" })));

        Assert.Equal($"Get \"http://{registry.Host}/v2/app/manifests/1\": no basic auth credentials", none.Message);
        Assert.Equal("unauthorized: authentication required", wrong.Message);
        Assert.Equal(ImageErrorKind.Denied, wrong.Kind);
    }

    [Fact]
    public async Task WrongCredentialsAtTheTokenServer()
    {
        await using StubRegistry registry = await StubRegistry.StartAsync();
        registry.Intercept = context => TokenServerAsync(registry, context, _ => false);
        ImageException error = await FailAsync(registry);
        Assert.Equal("unauthorized: incorrect username or password", error.Message);
    }

    [Fact]
    public async Task TokenWithoutTheRight()
    {
        await using StubRegistry registry = await StubRegistry.StartAsync();
        registry.Intercept = async context =>
        {
            if (context.Request.Path == "/token")
            {
                await context.Response.WriteAsync("""{"token":"useless"}""");
                return true;
            }

            await ChallengeAsync(context, $"Bearer realm=\"http://{registry.Host}/token\",service=\"stub\",error=\"insufficient_scope\"");
            return true;
        };
        ImageException error = await FailAsync(registry);
        Assert.StartsWith($"pull access denied for {registry.Host}/app, repository does not exist or may require 'docker login': denied:", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("http://192.0.2.1/token")]
    [InlineData("ftp://example.com/token")]
    [InlineData("https://user:pass@example.com/token")]
    [InlineData("/relative")]
    [InlineData("")]
    public async Task CredentialsDoNotGoToATokenServerWithoutTls(string realm)
    {
        await using StubRegistry registry = await StubRegistry.StartAsync();
        registry.Intercept = async context =>
        {
            await ChallengeAsync(context, $"Bearer realm=\"{realm}\",service=\"stub\"");
            return true;
        };
        ImageException error = await FailAsync(registry);
        Assert.Contains("names a token server that is not trusted", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task RedirectToAnotherHostCarriesNoCredentials()
    {
        await using StubRegistry registry = await StubRegistry.StartAsync();
        await using StubRegistry storage = await StubRegistry.StartAsync();
        var image = TestImage.Create();
        registry.Add("app", "1", image);
        storage.Add("app", "1", image);
        registry.Intercept = async context =>
        {
            if (await BasicAsync(context))
            {
                return true;
            }

            bool isBlob = context.Request.Path.Value!.Contains("/blobs/", StringComparison.Ordinal);
            if (isBlob)
            {
                context.Response.Redirect($"http://{storage.Host}{context.Request.Path}", permanent: false, preserveMethod: true);
            }

            return isBlob;
        };
        var carried = new List<string>();
        storage.Intercept = context =>
        {
            lock (carried)
            {
                carried.Add(context.Request.Headers.Authorization.ToString());
            }

            return Task.FromResult(false);
        };
        using var store = new TestStore();

        await store.PullAsync($"{registry.Host}/app:1", new(Credentials: s_alice));

        Assert.Equal(["", "", ""], carried);
    }

    [Theory]
    [InlineData("realm=\"https://a/b\",service=\"c\"", "https://a/b", "c")]
    [InlineData("service=c , realm=https://a/b", "https://a/b", "c")]
    [InlineData("realm=\"a\\\"b\" ,scope=\"x,y=z\"", "a\"b", null)]
    [InlineData("realm=\"unterminated", "unterminated", null)]
    [InlineData("REALM=\"x\"", "x", null)]
    [InlineData("", null, null)]
    public void ChallengeParameters(string text, string? realm, string? service)
    {
        var challenge = new AuthChallenge("Bearer", AuthChallenge.ParseParameters(text));
        Assert.Equal(realm, challenge.Realm);
        Assert.Equal(service, challenge.Service);
    }

    [Fact]
    public void RandomChallengesNeverBreakTheParser()
    {
        var random = new Random(77);
        const string Alphabet = "realm=\"\\,; \t=x";
        for (int i = 0; i < 100_000; i++)
        {
            string text = string.Concat(Enumerable.Range(0, random.Next(30)).Select(_ => Alphabet[random.Next(Alphabet.Length)]));
            Assert.True(AuthChallenge.ParseParameters(text).Count <= 16);
        }
    }

    [Theory]
    [InlineData("https://registry.example", "https://cdn.example/x", true)]
    [InlineData("https://registry.example", "http://cdn.example/x", false)]
    [InlineData("https://registry.example", "https://127.0.0.1/x", false)]
    [InlineData("https://registry.example", "https://localhost/x", false)]
    [InlineData("https://registry.example", "http://[::1]:2375/x", false)]
    [InlineData("https://registry.example", "https://0.0.0.0/x", false)]
    [InlineData("https://registry.example", "https://[::]/x", false)]
    [InlineData("https://registry.example", "https://[::ffff:127.0.0.9]/x", false)]
    [InlineData("https://registry.example", "https://2130706433/x", false)]
    [InlineData("https://registry.example", "https://a.localhost./x", false)]
    [InlineData("https://registry.example", "file:///etc/passwd", false)]
    [InlineData("https://registry.example", "https://u:p@cdn.example/x", false)]
    [InlineData("http://127.0.0.1:5000", "http://127.0.0.1:6000/x", true)]
    [InlineData("http://127.0.0.1:5000", "http://10.1.2.3/x", true)]
    [InlineData("http://127.0.0.1:5000", "http://10.2.0.1/x", false)]
    [InlineData("http://127.0.0.1:5000", "http://169.254.169.254/x", false)]
    public void WhereARegistryMaySendUs(string registry, string target, bool may)
    {
        var address = new Uri(registry);
        var endpoint = new RegistryEndpoint([address], address.Scheme == "http", IsMirror: false);
        RegistryOptions options = new() { InsecureRegistries = ["10.1.0.0/16"] };
        Assert.Equal(may, TargetRules.MayFollow(new(target), endpoint, options));
    }

    private static async Task<ImageException> FailAsync(StubRegistry registry)
    {
        using var store = new TestStore();
        ImageException error = await Assert.ThrowsAsync<ImageException>(() => store.PullAsync($"{registry.Host}/app:1", new(Credentials: s_alice)));
        Assert.Equal(ImageErrorKind.Denied, error.Kind);
        return error;
    }

    // A registry whose token server gives "good" to whom the test lets in.
    private static async Task<bool> TokenServerAsync(StubRegistry registry, HttpContext context, Func<string, bool> letsIn)
    {
        string authorization = context.Request.Headers.Authorization.ToString();
        if (context.Request.Path == "/token")
        {
            context.Response.StatusCode = letsIn(authorization) ? 200 : 401;
            await context.Response.WriteAsync("""{"token":"good","expires_in":300}""");
            return true;
        }

        if (authorization == "Bearer good")
        {
            return false;
        }

        await ChallengeAsync(context, $"Bearer realm=\"http://{registry.Host}/token\",service=\"stub\",scope=\"repository:x:pull\"");
        return true;
    }

    private static async Task<bool> BasicAsync(HttpContext context)
    {
        if (IsBasic(context.Request.Headers.Authorization.ToString(), s_alice))
        {
            return false;
        }

        await ChallengeAsync(context, "Basic realm=\"stub\"");
        return true;
    }

    private static bool IsBasic(string header, RegistryCredentials credentials) =>
        header == "Basic " + Convert.ToBase64String(Encoding.UTF8.GetBytes($"{credentials.Username}:{credentials.Password}"));

    private static Task ChallengeAsync(HttpContext context, string challenge)
    {
        context.Response.Headers.WWWAuthenticate = challenge;
        return StubRegistry.ErrorAsync(context, 401, "UNAUTHORIZED", "authentication required");
    }
}
