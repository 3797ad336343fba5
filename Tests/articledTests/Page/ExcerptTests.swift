import Testing

@testable import articled

@Suite struct ExcerptTests {
    @Test(
        "a short body is shown whole", arguments: ["", "One line.", String(repeating: "x", count: Excerpt.maxLength)])
    func short(body: String) {
        #expect(Excerpt(of: body).text == body)
        #expect(!Excerpt(of: body).isCut)
    }

    @Test("a long body is cut between words")
    func words() {
        let excerpt = Excerpt(of: String(repeating: "seven77 ", count: 400))
        #expect(excerpt.isCut)
        #expect(excerpt.text.hasSuffix("seven77 …"))
        #expect(excerpt.text.count <= Excerpt.maxLength + 2)
    }

    @Test("a long text without spaces is cut all the same")
    func withoutSpaces() {
        let excerpt = Excerpt(of: String(repeating: "字", count: 5000))
        #expect(excerpt.text == String(repeating: "字", count: Excerpt.maxLength) + " …")
    }

    @Test("many short lines are cut after the last line that fits")
    func lines() {
        let lines = (1...40).map { "line \($0)" }
        let excerpt = Excerpt(of: lines.joined(separator: "\n"))
        #expect(excerpt.text == lines.prefix(Excerpt.maxLines).joined(separator: "\n") + " …")
    }
}
