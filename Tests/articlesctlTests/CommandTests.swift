import ArticlesClient
import Core
import Foundation
import Testing

@testable import articlesctl

@Suite("What commands print and return")
struct CommandTests {
    private let article = Article(
        id: 7, title: "A\u{1B}b", body: "x\ny\u{7}", topic: "news", author: "ada",
        published: Timestamp(milliseconds: 1_795_454_520_123))

    @Test(
        "errors of the server become exit codes",
        arguments: [
            (401, 77), (403, 77), (400, 65), (413, 65), (415, 65), (422, 65), (404, 1), (412, 1), (409, 1), (500, 1),
            (503, 69), (429, 69),
        ])
    func exitCodes(status: Int, code: Int32) {
        let error = ClientError.refused(status: status, title: "T", detail: "d", errors: [], retryAfter: nil)
        #expect(CommandFailure(error, server: .standard).status.rawValue == code)
    }

    @Test("an unreachable server is 69, with its address and the flag to change it")
    func unreachable() {
        let failure = CommandFailure(.unreachable(url: "http://h", reason: "r"), server: .standard)
        #expect(failure.status.rawValue == 69 && failure.lines.count <= 3)
        #expect(failure.lines.joined().contains("http://h") && failure.lines.joined().contains("--url"))
    }

    @Test("each bad member is named")
    func members() {
        let error = ClientError.refused(
            status: 422, title: "T", detail: "d", errors: [FieldError(field: "title", message: "must not be empty")],
            retryAfter: nil)
        #expect(CommandFailure(error, server: .standard).lines[0].contains("title must not be empty"))
    }

    @Test("text is made safe, and colour is only added where it is wanted")
    func text() {
        #expect(ArticleText(usesColor: false).line(article) == "2026-11-23 17:22:00  7       news        A␛b")
        #expect(ArticleText(usesColor: false).page(article).hasSuffix("\n\nx\ny␇"))
        #expect(ArticleText(usesColor: true).line(article).contains("\u{1B}[1mA␛b\u{1B}[0m"))
    }

    @Test("edits and deletions say what they are")
    func events() {
        let text = ArticleText(usesColor: false)
        let cursor = Cursor(seq: 1, nonce: 1)
        #expect(text.line(FeedEvent(updated: article, cursor: cursor)).contains("[updated]"))
        #expect(text.line(FeedEvent(deleted: 7, cursor: cursor)).contains("[deleted]"))
    }

    @Test(
        "an edited text has its title on the first line",
        arguments: [("t\n\nb\nc", "t", "b\nc"), ("t", "t", ""), ("t\nb", "t", "b"), ("t\n\n\nb", "t", "\nb")])
    func edit(text: String, title: String, body: String) {
        #expect(EditArticle.patch(text) == ArticlePatch(title: title, body: body))
    }

    @Test(
        "durations begin with the largest unit",
        arguments: [(0, "0s"), (59, "59s"), (3600, "1h 0m 0s"), (90_061, "1d 1h 1m 1s")] as [(Int64, String)])
    func durations(seconds: Int64, text: String) {
        #expect(ShowStatus.duration(seconds) == text)
    }
}
