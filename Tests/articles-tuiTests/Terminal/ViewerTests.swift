import ArticlesClient
import Core
import Testing

@testable import articles_tui

/// A terminal whose user follows a script: each wait ends with its next step.
private final class ScriptedTerminal: Terminal {
    enum Step {
        case keys([Key])
        case request(TerminalRequest)
        case resize(Size)
        /// The time that was given passes.
        case nothing
    }

    var size = Size(width: 60, height: 10)
    private var script: [Step]
    private var pressed: [Key] = []
    private var requested: [TerminalRequest] = []
    private(set) var pictures: [[StyledLine]] = []
    private(set) var timeouts: [Duration?] = []
    private(set) var calls: [String] = []

    init(_ script: [Step]) {
        self.script = script
    }

    func paint(_ lines: [StyledLine]) { pictures.append(lines) }
    func invalidate() { calls.append("invalidate") }
    func suspend() { calls.append("suspend") }
    func stop() { calls.append("stop") }

    func input() -> [Event] {
        defer { pressed = [] }
        return pressed.map(Event.key)
    }

    func lend(_ body: () -> Void) {
        calls.append("lend")
        body()
    }

    func useMouse(_ isUsed: Bool) { calls.append("mouse \(isUsed)") }
    func use(_ theme: Theme) { calls.append("theme \(theme.name)") }
    func ring() { calls.append("ring") }
    func copy(_ text: String) { calls.append("copy \(text)") }

    func requests() -> [TerminalRequest] {
        defer { requested = [] }
        return requested
    }

    func wait(_ timeout: Duration?) {
        timeouts.append(timeout)
        // The pause between two pictures is not the script's business.
        if let timeout, timeout <= .milliseconds(33) { return }
        switch script.isEmpty ? .request(.end(99)) : script.removeFirst() {
        case .keys(let keys): pressed = keys
        case .request(let request): requested = [request]
        case .resize(let size): self.size = size
        case .nothing: break
        }
    }
}

/// Answers what it is asked for at once, out of a script.
private final class ScriptedOutside: Outside {
    private(set) var effects: [Effect] = []
    var answers: [Effect: [Event]] = [:]

    func perform(_ effect: Effect, terminal: any Terminal) -> [Event] {
        effects.append(effect)
        return answers[effect] ?? []
    }
}

@Suite struct ViewerTests {
    private func run(_ model: Model, _ script: ScriptedTerminal.Step...) -> (ScriptedTerminal, Int32) {
        let terminal = ScriptedTerminal(script)
        var viewer = Viewer(terminal: terminal, outside: ScriptedOutside(), queue: EventQueue {}, model: model)
        return (terminal, viewer.run())
    }

    private let model = Model.sample(articles: 3, width: 60, height: 10)

    @Test("q ends with 0, a signal with the code it asks for")
    func codes() {
        #expect(run(model, .keys([.character("q")])).1 == 0)
        #expect(run(model, .request(.end(143))).1 == 143)
    }

    @Test("with nothing to do it neither paints nor wakes")
    func idle() {
        let (terminal, _) = run(model, .nothing, .nothing)
        #expect(terminal.pictures.count == 1)
        // But for the next midnight, from which on times are dates.
        #expect(terminal.timeouts.count == 3)
        #expect(terminal.timeouts.allSatisfy { ($0 ?? .zero) > .seconds(1) })
    }

    @Test("many keys at once are one picture")
    func batches() {
        let (terminal, _) = run(model, .keys([.down, .down, .up, .down]))
        #expect(terminal.pictures.count == 2)
        #expect(terminal.pictures[1].contains { $0.text.hasPrefix(">") && $0.text.contains("Title 1") })
    }

    @Test("a new size is taken up")
    func resize() {
        let (terminal, _) = run(model, .resize(Size(width: 30, height: 5)))
        #expect(terminal.pictures.last?.count == 5)
        #expect(terminal.pictures.last.map { DisplayWidth.of($0[0].text) } == 30)
    }

    @Test("it comes back from being suspended with a whole picture")
    func suspend() {
        let (terminal, _) = run(model, .request(.suspend), .request(.repaint))
        #expect(terminal.calls == ["suspend", "invalidate"])
        #expect(terminal.pictures.count == 3)
    }

    @Test("while a reconnection is counted down it wakes for the next second")
    func countdown() {
        var model = model
        model.apply(.feed(.state(.waiting(attempt: 2, until: .now + .seconds(60), reason: "refused"))))
        let (terminal, _) = run(model, .nothing)
        let timeouts = terminal.timeouts.compactMap { $0 }
        #expect(timeouts.count >= 2)
        #expect(timeouts.allSatisfy { $0 <= .seconds(1) })
        #expect(terminal.pictures.count == 2)
    }

    @Test("events of the feed are shown")
    func feed() async {
        let terminal = ScriptedTerminal([])
        let queue = EventQueue {}
        await queue.post(arrival(4, "Just in"))
        var viewer = Viewer(terminal: terminal, outside: ScriptedOutside(), queue: queue, model: model)
        #expect(viewer.run() == 99)
        #expect(terminal.pictures.last?.contains { $0.text.contains("Just in") } == true)
    }

    @Test("a heartbeat paints nothing")
    func heartbeat() async {
        let terminal = ScriptedTerminal([.nothing])
        let queue = EventQueue {}
        var viewer = Viewer(terminal: terminal, outside: ScriptedOutside(), queue: queue, model: model)
        await queue.post(.feed(.caughtUp(.beginning)))
        #expect(viewer.run() == 99)
        #expect(terminal.pictures.count == 1)
    }

    @Test("what the outside knows at once is in the same picture")
    func answers() {
        let terminal = ScriptedTerminal([.keys([.enter])])
        let outside = ScriptedOutside()
        var model = Model.sample(width: 60, height: 10)
        model.apply(snapshot([article(1)]))
        for id in 2...3000 { model.apply(arrival(Int64(id), body: String(repeating: "x", count: 2000))) }
        model.type("G")
        let load = Effect.loadBody(id: 1, updated: nil)
        outside.answers[load] = [.body(article(1, body: "From the cache."))]
        var viewer = Viewer(terminal: terminal, outside: outside, queue: EventQueue {}, model: model)
        #expect(viewer.run() == 99)
        #expect(outside.effects.contains(load))
        #expect(terminal.pictures[1].contains { $0.text.contains("From the cache.") })
    }
}
