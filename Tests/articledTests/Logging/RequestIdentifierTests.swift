import Testing

@testable import articled

@Suite("What a request is called")
struct RequestIdentifierTests {
    @Test(
        "a sane name of the client's is kept",
        arguments: ["a", "4bf92f35-77b34da6", "x_1.2:3+4=5@6", String(repeating: "k", count: 64)])
    func kept(name: String) {
        #expect(RequestIdentifier.of(name) == name)
    }

    @Test(
        "any other gets another one",
        arguments: [
            nil, "", " ", "a b", "a\nb", "a\"b", "<script>", "a;b", "ä", "a\u{0}", "a,b", "{}",
            String(repeating: "k", count: 65),
        ])
    func replaced(name: String?) {
        let made = RequestIdentifier.of(name)
        #expect(made != name && RequestIdentifier.isSane(made))
    }

    @Test("no two are the same")
    func unique() {
        let made = (0..<10_000).map { _ in RequestIdentifier.make() }
        #expect(
            Set(made).count == made.count && made.allSatisfy { $0.utf8.count == 15 && RequestIdentifier.isSane($0) })
    }
}
