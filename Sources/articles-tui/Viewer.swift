import Foundation

/// The loop of the thread that draws: waits, lets the model take up what happened, and paints at most thirty times a
/// second. With nothing to do it sleeps.
struct Viewer {
    private static let shortestFrame = Duration.milliseconds(33)

    let terminal: any Terminal
    let queue: EventQueue
    let usesASCII: Bool
    var model: Model

    /// Runs until the user or a signal ends it.
    ///
    /// - Returns: the exit code.
    mutating func run() -> Int32 {
        var listTop = 0
        var isDirty = true
        var lastPaint: ContinuousClock.Instant?
        while true {
            for request in terminal.requests() {
                switch request {
                case .end(let code): return code
                case .suspend: terminal.suspend()
                case .resized: terminal.invalidate()
                }
                isDirty = true
            }
            let screen = Screen(width: terminal.size.width, height: terminal.size.height, usesASCII: usesASCII)
            for event in terminal.pressedKeys().map(Event.key) + queue.takeAll() {
                isDirty = true
                for effect in Update.apply(event, to: &model, page: screen.page) {
                    switch effect {
                    case .quit: return 0
                    case .redraw: terminal.invalidate()
                    }
                }
            }
            let now = ContinuousClock.now
            let pause = lastPaint.map { max($0 + Self.shortestFrame - now, .zero) } ?? .zero
            if isDirty, pause == .zero {
                terminal.paint(screen.render(&model, listTop: &listTop, now: now, date: Date()))
                lastPaint = now
                isDirty = false
            }
            if isDirty {
                terminal.wait(pause)
            } else if let change = StatusText.nextChange(model.link, now: .now) {
                terminal.wait(change)
                isDirty = true
            } else {
                terminal.wait(nil)
            }
        }
    }
}
