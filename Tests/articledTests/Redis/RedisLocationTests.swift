import Testing

@testable import articled

@Suite("Where a Redis is")
struct RedisLocationTests {
    @Test("each kind of URL is read, with its defaults")
    func kinds() throws {
        let server = try RedisLocation("redis://db.example")
        #expect(server.way == .server(RedisEndpoint(host: "db.example", port: 6379)))
        #expect(server.database == 0 && server.feed == "main" && server.user == nil)
        let all = try RedisLocation("redis://writer@[::1]:7000/3?feed=blog")
        #expect(all.way == .server(RedisEndpoint(host: "::1", port: 7000)))
        #expect(all.database == 3 && all.feed == "blog" && all.user == "writer")
        let sentinel = try RedisLocation("redis+sentinel://a,b:1/mymaster/2")
        #expect(
            sentinel.way
                == .sentinel(
                    [RedisEndpoint(host: "a", port: 26379), RedisEndpoint(host: "b", port: 1)], name: "mymaster"))
        #expect(sentinel.database == 2)
        let cluster = try RedisLocation("redis+cluster://a:7000,b:7001?feed=x")
        #expect(
            cluster.way == .cluster([RedisEndpoint(host: "a", port: 7000), RedisEndpoint(host: "b", port: 7001)]))
    }

    @Test(
        "what can't be used is refused with its reason",
        arguments: [
            ("rediss://a", "hiredis 0.14"), ("redis://user:secret@a", "--store-password-file"),
            ("redis://", "host and port"), ("redis://a:port", "host and port"), ("redis://a/x", "number"),
            ("redis://a,b", "one server"), ("redis+sentinel://a", "/mymaster"), ("redis+cluster://a/1", "database 0"),
            ("redis://a?fed=x", "only parameter"), ("redis://a?feed={x}", "feed's name"), ("redisx://a", "must begin"),
        ])
    func refusals(_ url: String, _ words: String) {
        do {
            _ = try RedisLocation(url)
            Issue.record("accepted \(url)")
        } catch {
            #expect(error.reason.contains(words))
            #expect(!error.reason.contains("secret"))
        }
    }

    @Test("a key's slot is that of the cluster specification")
    func slot() {
        // Its appendix A: the CRC of this is 0x31C3.
        #expect(RedisSlot.of("123456789") == 0x31C3)
        #expect(RedisSlot.of("foo") == 12182)
    }
}
