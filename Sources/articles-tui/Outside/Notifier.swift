import Console
import Core
import Dispatch
import Synchronization

/// Runs the user's command for articles that arrive: one at a time, and of those that come meanwhile only for the last.
final class Notifier: Sendable {
    private struct State {
        var isRunning = false
        var next: [String]?
    }

    private let command: String?
    private let state = Mutex(State())

    init(command: String?) {
        self.command = command
    }

    func tell(_ article: Article, link: String) {
        guard let command else { return }
        let arguments = [article.title, article.topic, link]
        let mustStart = state.withLock { state in
            defer { state.isRunning = true }
            if state.isRunning { state.next = arguments }
            return !state.isRunning
        }
        if mustStart { DispatchQueue.global().async { self.run(command, arguments) } }
    }

    private func run(_ command: String, _ first: [String]) {
        var arguments = first
        while true {
            _ = ChildProgram.runQuietly(shell: "\(command) \"$@\"", arguments: arguments)
            let next = state.withLock { state in
                defer { state.next = nil }
                if state.next == nil { state.isRunning = false }
                return state.next
            }
            guard let next else { return }
            arguments = next
        }
    }
}
