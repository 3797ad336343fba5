import Testing

@testable import articled

@Suite struct BasePathTests {
    @Test("a path is read with and without a slash at its end", arguments: ["/news", "/news/"])
    func reading(argument: String) throws {
        #expect(try #require(BasePath(argument)).link("/articles/1") == "/news/articles/1")
    }

    @Test("the root is no base path") func root() {
        #expect(BasePath("/") == .root)
        #expect(BasePath.root.link("/") == "/")
    }

    @Test(
        "what would have to be escaped, or leads elsewhere, is refused",
        arguments: ["", "news", "//news", "/a//b", "/a/../b", "/.", "/a b", "/ä", "/a?b", "/a;b", "/%41", "http://x/"])
    func refused(argument: String) {
        #expect(BasePath(argument) == nil)
    }

    @Test(
        "requests may have it or not",
        arguments: [
            ("/a/b", "/"), ("/a/b/", "/"), ("/a/b?q=1", "/?q=1"), ("/a/b/articles?last=1", "/articles?last=1"),
            ("/articles", "/articles"), ("/a/bc", "/a/bc"), ("/a", "/a"), ("*", "*"),
        ])
    func local(target: String, expected: String) throws {
        #expect(try #require(BasePath("/a/b")).local(target) == expected)
    }
}
