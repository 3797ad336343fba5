import ArticlesClient
import Core

/// The loop of the thread that draws: waits, lets the model take up what happened, and paints at most thirty times a
/// second. With nothing to do it sleeps.
struct Viewer {
    private static let shortestFrame = Duration.milliseconds(33)

    let terminal: any Terminal
    let outside: any Outside
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
            let events = resizes + terminal.input() + queue.takeAll()
            model.today = .now
            if take(events) { return 0 }
            isDirty = isDirty || !events.allSatisfy(Self.isSilent)
            let now = ContinuousClock.now
            let pause = lastPaint.map { max($0 + Self.shortestFrame - now, .zero) } ?? .zero
            if isDirty, pause == .zero {
                terminal.paint(Screen(model: model, now: now, today: model.today).lines())
                lastPaint = now
                isDirty = false
            }
            isDirty = wait(isDirty ? pause : nil) || isDirty
        }
    }

    /// Heartbeats change nothing that is seen.
    private static func isSilent(_ event: Event) -> Bool {
        if case .feed(.caughtUp) = event { true } else { false }
    }

    /// Lets the model take up events, and does what it asks for, until it asks for nothing more.
    ///
    /// - Returns: whether the user wants to leave.
    private mutating func take(_ events: [Event]) -> Bool {
        var events = events
        repeat {
            let effects = Update.apply(events, to: &model)
            events = []
            for effect in effects {
                if effect == .quit { return true }
                if effect == .redraw { terminal.invalidate() }
                events += outside.perform(effect, terminal: terminal)
            }
        } while !events.isEmpty
        return false
    }

    /// Waits for something to happen, for the next frame's time, or for the picture to change by itself.
    ///
    /// - Returns: whether there may be something to paint without an event.
    private func wait(_ pause: Duration?) -> Bool {
        let time = LocalTime(timeZone: model.appearance.timeZone)
        let midnight = time.untilTomorrow(.now)
        let change = pause ?? StatusText.nextChange(model.link, now: .now)
        terminal.wait(min(change ?? midnight, midnight))
        return change != nil || time.untilTomorrow(.now) > midnight
    }
}
