import ArticlesClient
import Testing

@testable import articles_tui

@Suite struct StatusTests {
    private func status(_ states: ConnectionState..., width: Int = 120, now: ContinuousClock.Instant = instant)
        -> String
    {
        var model = Model.sample(width: width)
        model.hasConnected = false
        for state in states { model.apply(.feed(.state(state))) }
        return model.lines(now: now).last!
    }

    @Test("the state comes first, in the words that are documented")
    func words() {
        #expect(status(.connecting(attempt: 1)).hasPrefix(" connecting "))
        #expect(status(.connecting(attempt: 3)).hasPrefix(" reconnecting (attempt 3) "))
        #expect(status(.catchingUp).hasPrefix(" catching up "))
        #expect(status(.live).hasPrefix(" live "))
        #expect(status(.stale).hasPrefix(" stale "))
        #expect(status(.refused(reason: "401 Unauthorized")).hasPrefix(" offline  401 Unauthorized · "))
    }

    @Test("the first try after a connection was lost is a reconnection")
    func reconnecting() {
        #expect(status(.live, .connecting(attempt: 1)).hasPrefix(" reconnecting (attempt 1) "))
    }

    @Test(
        "while it waits it counts the seconds down",
        arguments: [(0, 4), (1, 4), (500, 4), (999, 4), (1001, 3), (3500, 1), (4000, 0), (9000, 0)])
    func countdown(milliseconds: Int, shown: Int) {
        let waiting = ConnectionState.waiting(attempt: 3, until: instant + .seconds(4), reason: "connection refused")
        let line = status(waiting, now: instant + .milliseconds(milliseconds))
        #expect(line.hasPrefix(" reconnecting in \(shown) s (attempt 3)  connection refused · http://news.example"))
    }

    @Test("it needs painting when the second changes, and otherwise never by itself")
    func nextChange() {
        let waiting = ConnectionState.waiting(attempt: 1, until: instant + .milliseconds(3400), reason: "")
        #expect(StatusText.nextChange(waiting, now: instant) == .milliseconds(400))
        #expect(StatusText.nextChange(waiting, now: instant + .milliseconds(400)) == .seconds(1))
        #expect(StatusText.nextChange(waiting, now: instant + .milliseconds(3400)) == nil)
        for state in [ConnectionState.live, .stale, .catchingUp, .connecting(attempt: 2), .refused(reason: "")] {
            #expect(StatusText.nextChange(state, now: instant) == nil)
        }
    }

    @Test("on a narrow terminal the state is the last to go")
    func narrow() {
        let waiting = ConnectionState.waiting(attempt: 12, until: instant + .seconds(30), reason: "connection refused")
        #expect(status(waiting, width: 40).hasPrefix(" reconnecting in 30 s (attempt 12) "))
        #expect(status(waiting, width: 16) == "reconnecting in…")
        #expect(status(.live, width: 6) == " live ")
        #expect(status(.live, width: 4) == "live")
    }

    @Test("the hint makes room for the counts")
    func hint() {
        var model = Model.sample(articles: 102, width: 40, height: 10)
        #expect(model.lines().last == " live  102 articles, 102 unread  ? help ")
        model.type("j")
        model.apply(arrival(103), arrival(104))
        #expect(model.lines().last == " live  104 articles, 104 unread, 2 new  ")
    }

    @Test("a reason from the server can't drive the terminal")
    func reason() {
        #expect(status(.refused(reason: "no\u{1B}[2J")).contains("no␛[2J"))
    }

    @Test("one article is one article")
    func counts() {
        #expect(Model.sample(articles: 1).text.contains("1 article, 1 unread"))
    }
}
