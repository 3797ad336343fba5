import ArticlesClient
import Core
import Foundation

/// Data goes to standard output, messages to standard error.
enum Output {
    static var isTerminal: Bool { isatty(STDOUT_FILENO) != 0 }

    static func line(_ text: String) {
        write(Array((text + "\n").utf8))
    }

    /// Writes a line of a table: in columns on a terminal, with tabs between elsewhere.
    static func row(_ columns: [String]) {
        guard isTerminal else { return line(columns.map(TerminalText.line).joined(separator: "\t")) }
        let padded = columns.map { text in
            let text = TerminalText.line(text)
            return text + String(repeating: " ", count: max(0, 16 - text.count))
        }
        line(padded.joined(separator: "  ").trimmingCharacters(in: .whitespaces))
    }

    /// Writes bytes as they are.
    static func part(_ bytes: [UInt8]) {
        write(isTerminal ? TerminalJSON.escaped(bytes) : bytes)
    }

    /// Says what was done: as an object on standard output for who wants JSON, else in words on standard error.
    static func done(_ text: String, _ object: KeyValuePairs<String, JSONValue>, json isJSON: Bool) {
        guard isJSON else { return message([text]) }
        json(JSONValue.object(object.map { JSONMember($0.key, $0.value) }).bytes)
    }

    /// Writes a line of JSON.
    static func json(_ bytes: [UInt8]) {
        write((isTerminal ? TerminalJSON.escaped(bytes) : bytes) + [UInt8(ascii: "\n")])
    }

    /// Ends the program quietly as soon as the reader of a pipe goes away, and not only at the next write.
    static func endWithReader() {
        var status = stat()
        guard fstat(STDOUT_FILENO, &status) == 0,
            status.st_mode & S_IFMT == S_IFIFO || status.st_mode & S_IFMT == S_IFSOCK
        else { return }
        Thread.detachNewThread {
            // Asking for nothing waits for an error: the other end was closed (poll(2)).
            var output = pollfd(fd: STDOUT_FILENO, events: 0, revents: 0)
            while poll(&output, 1, -1) < 0, errno == EINTR {}
            _exit(0)
        }
    }

    /// Says something to whoever typed the command: safe for a terminal, whatever it quotes.
    static func message(_ lines: [String]) {
        let text = lines.enumerated().map { ($0 == 0 ? "articlesctl: " : "  ") + TerminalText.line($1) + "\n" }.joined()
        // If nobody can hear it there is nobody to tell.
        _ = written(Array(text.utf8), to: STDERR_FILENO)
    }

    /// Ends the program quietly when nobody reads it any more, and with a message when it can't be heard for any
    /// other reason: a disk that is full must not look like success.
    private static func write(_ bytes: [UInt8]) {
        switch written(bytes, to: STDOUT_FILENO) {
        case 0: return
        case EPIPE: exit(0)
        case let code:
            message(["The output can't be written: \(String(cString: strerror(code)))."])
            exit(ExitStatus.failed.rawValue)
        }
    }

    /// Writes everything; 0, or the error's number.
    private static func written(_ bytes: [UInt8], to descriptor: Int32) -> Int32 {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Foundation.write(descriptor, $0.baseAddress, $0.count) }
            if count >= 0 {
                rest = rest.dropFirst(count)
            } else if errno == EAGAIN {
                // Somebody who shares the descriptor made it non-blocking.
                var output = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                poll(&output, 1, -1)
            } else if errno != EINTR {
                return errno
            }
        }
        return 0
    }
}
