import Dispatch
import Foundation
import Logging
import Synchronization

#if canImport(Glibc)
    import Glibc
#endif

/// Where the lines of the log go: written by a thread of its own, so that no event loop waits for whoever reads them.
///
/// What nobody reads is kept up to a limit; further lines are dropped and counted, and the log says so later.
final class LogOutput: Sendable {
    private struct State {
        var pending: [UInt8] = []
        /// Lines that were dropped since it was last said.
        var unsaid = 0
        /// The thread has something to do.
        var isBusy = false
    }

    private let descriptor: CInt
    private let format: LogFormat
    private let isTerminal: Bool
    private let state = Mutex(State())
    private let dropped = Atomic<Int>(0)
    private let wake = DispatchSemaphore(value: 0)
    private let busy = DispatchGroup()

    /// What may wait to be written, in bytes.
    private static let maxPending = 1024 * 1024

    init(format: LogFormat, descriptor: CInt = STDERR_FILENO) {
        self.descriptor = descriptor
        self.format = format
        isTerminal = isatty(descriptor) == 1
        // A reader who has gone must not end the daemon.
        signal(SIGPIPE, SIG_IGN)
        let thread = Thread { [self] in
            while true { writeNext() }
        }
        thread.name = "log"
        thread.start()
    }

    /// Lines that nobody has read in time.
    var droppedLines: Int { dropped.load(ordering: .relaxed) }

    /// Takes a line; waits for nobody.
    func write(_ entry: LogEntry) {
        let line = format.line(entry, isTerminal: isTerminal)
        let mustWake = state.withLock { state in
            guard state.pending.count + line.count <= Self.maxPending else {
                state.unsaid += 1
                dropped.add(1, ordering: .relaxed)
                return false
            }
            state.pending += line
            defer { state.isBusy = true }
            guard !state.isBusy else { return false }
            busy.enter()
            return true
        }
        if mustWake { wake.signal() }
    }

    /// Waits until all is written, but not for long.
    func flush() {
        _ = busy.wait(timeout: .now() + .seconds(1))
    }

    private func writeNext() {
        wake.wait()
        while true {
            let bytes = state.withLock { state -> [UInt8]? in
                guard !state.pending.isEmpty else {
                    state.isBusy = false
                    busy.leave()
                    return nil
                }
                defer { state.pending.removeAll(keepingCapacity: state.pending.capacity <= 65_536) }
                return state.pending
            }
            guard let bytes else { return }
            write(all: bytes)
            let lost = state.withLock { state in
                defer { state.unsaid = 0 }
                return state.unsaid
            }
            if lost > 0 {
                let notice = LogEntry(
                    level: .warning, message: "Lines of the log were dropped, for nobody read them in time",
                    metadata: ["lines": .stringConvertible(lost)])
                write(all: format.line(notice, isTerminal: isTerminal))
            }
        }
    }

    private func write(all bytes: [UInt8]) {
        bytes.withUnsafeBytes { bytes in
            var rest = bytes[...]
            while !rest.isEmpty {
                let written = Glibc.write(descriptor, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
                if written > 0 {
                    rest = rest.dropFirst(written)
                } else if errno == EAGAIN {
                    // Somebody who shares the descriptor has made it so.
                    var ready = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                    poll(&ready, 1, 1000)
                } else if errno != EINTR {
                    // Nobody is there to be told; the next line is tried again.
                    return
                }
            }
        }
    }
}
