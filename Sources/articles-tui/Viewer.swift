import Core

/// The loop of the thread that draws: waits, lets the model take up what happened, and paints at most thirty times a
/// second. With nothing to do it sleeps.
struct Viewer {
    private static let shortestFrame = Duration.milliseconds(33)

    let terminal: any Terminal
    let queue: EventQueue
    var model: Model

    /// Runs until the user or a signal ends it.
    ///
    /// - Returns: the exit code.
    mutating func run() -> Int32 {
        var isDirty = true
        var lastPaint: ContinuousClock.Instant?
        while true {
            for request in terminal.requests() {
                switch request {
                case .end(let code): return code
                case .suspend: terminal.suspend()
                case .repaint: terminal.invalidate()
                }
                isDirty = true
            }
            let size = terminal.size
            let resizes = size == model.size ? [] : [Event.resized(size)]
            let events = resizes + terminal.keys().map(Event.key) + queue.takeAll()
            for effect in Update.apply(events, to: &model) {
                switch effect {
                case .quit: return 0
                case .redraw: terminal.invalidate()
                }
            }
            isDirty = isDirty || !events.isEmpty
            let now = ContinuousClock.now
            let pause = lastPaint.map { max($0 + Self.shortestFrame - now, .zero) } ?? .zero
            if isDirty, pause == .zero {
                terminal.paint(Screen(model: model, now: now, today: .now).lines())
                lastPaint = now
                isDirty = false
            }
            isDirty = wait(isDirty ? pause : nil) || isDirty
        }
    }

    /// Waits for something to happen, for the next frame's time, or for the status line to change by itself.
    ///
    /// - Returns: whether there may be something to paint without an event.
    private func wait(_ pause: Duration?) -> Bool {
        let change = pause ?? StatusText.nextChange(model.link, now: .now)
        terminal.wait(change)
        return change != nil
    }
}
