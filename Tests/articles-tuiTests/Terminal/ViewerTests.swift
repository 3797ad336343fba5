import ArticlesClient
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

    func keys() -> [Key] {
        defer { pressed = [] }
        return pressed
    }

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

@Suite struct ViewerTests {
    private func run(_ model: Model, _ script: ScriptedTerminal.Step...) -> (ScriptedTerminal, Int32) {
        let terminal = ScriptedTerminal(script)
        var viewer = Viewer(terminal: terminal, queue: EventQueue {}, model: model)
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
        #expect(terminal.timeouts == [nil, nil, nil])
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
        var viewer = Viewer(terminal: terminal, queue: queue, model: model)
        #expect(viewer.run() == 99)
        #expect(terminal.pictures.last?.contains { $0.text.contains("Just in") } == true)
    }
}
